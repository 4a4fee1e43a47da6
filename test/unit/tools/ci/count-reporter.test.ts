import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { TestModule } from "vitest/node";
import CountReporter from "../../../../tools/ci/count-reporter.ts";

/** What the reporter reads of a finished test file. */
function moduleWith(states: readonly string[], errors: readonly string[] = []): TestModule {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  // The rest of a TestModule is vitest's own machinery, which the reporter does not touch.
  return { errors: () => errors, children: { allTests: () => tests } } as unknown as TestModule;
}

function reported(modules: readonly TestModule[], unhandled: readonly unknown[] = []): { file: string; said: string } {
  const folder = mkdtempSync(join(tmpdir(), "roost-count-"));
  const log = vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
    log.mockRestore();
    vi.unstubAllEnvs();
  });
  const file = join(folder, "count");
  vi.stubEnv("ROOST_COUNT_FILE", undefined);
  new CountReporter().onTestRunEnd(modules, unhandled);
  vi.stubEnv("ROOST_COUNT_FILE", file);
  new CountReporter().onTestRunEnd(modules, unhandled);
  expect(log).toHaveBeenCalledTimes(1);
  return { file: readFileSync(file, "utf8"), said: String(log.mock.calls[0]?.[0]) };
}

test("counts the tests of every file, in a line of its own or in the file that was asked for", () => {
  expect(reported([moduleWith(["passed", "passed"]), moduleWith(["failed", "passed"])])).toEqual({
    file: "3 1\n",
    said: "\n3 passed, 1 failed",
  });
});

test("counts a skipped test as failed", () => {
  expect(reported([moduleWith(["passed", "skipped"])]).said).toBe("\n1 passed, 1 failed");
});

test("counts a file that could not be read and an error outside every test as failed", () => {
  expect(reported([moduleWith([], ["syntax error"])], ["late rejection"]).said).toBe("\n0 passed, 2 failed");
});
