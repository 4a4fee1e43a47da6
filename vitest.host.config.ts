import { defineConfig } from "vitest/config";

// The real scripts of a host in folders of their own, with real restic, curl and jq.
export default defineConfig({
  test: {
    include: ["test/host/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
