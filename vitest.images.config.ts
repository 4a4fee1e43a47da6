import { defineConfig } from "vitest/config";

// Building is the work of all cores, and of one package registry.
export default defineConfig({
  test: {
    include: ["test/images/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
});
