import { defineConfig } from "vitest/config";

// Some tests start processes, which takes seconds on a busy machine.
const testTimeout = 60_000;

// Pulumi keeps its state per process, so files share a worker and run one after the other; `deploy()` resets it.
// Entry points act on import, so they get a module graph of their own.
export default defineConfig({
  test: {
    reporters: ["default", "./tools/ci/count-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          exclude: ["test/unit/entry/**"],
          isolate: false,
          testTimeout,
        },
      },
      { test: { name: "entry", include: ["test/unit/entry/**/*.test.ts"], isolate: true, testTimeout } },
    ],
  },
});
