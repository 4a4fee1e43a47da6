import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/conformance/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
});
