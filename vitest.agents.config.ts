import { defineConfig } from "vitest/config";

// Each file has networks and containers of its own; two agents at once are what two cores carry.
export default defineConfig({
  test: {
    include: ["test/agents/**/*.test.ts"],
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 600_000,
  },
});
