import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with a plain line `N passed, N failed`; a skipped test counts as failed, because it proved nothing. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === "passed") passed += 1;
        else failed += 1;
      }
    }
    // The run prints its own summary after the reporters, so the tier's script reads the count from here.
    const file = process.env["ROOST_COUNT_FILE"];
    if (file !== undefined) writeFileSync(file, `${passed} ${failed}\n`);
    console.log(`\n${passed} passed, ${failed} failed`);
  }
}
