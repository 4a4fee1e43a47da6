import { defineConfig } from "vitest/config";

// Each file has a project, a backend and clouds of its own; two engines at once are what two cores carry.
export default defineConfig({
  test: {
    include: ["test/engine/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
