import { defineConfig } from "vitest/config";

// One VM at a time: each has two processors and 3 GiB, emulated.
export default defineConfig({
  test: {
    include: ["test/lab/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 1_500_000,
  },
});
