import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with a plain line `N passed, N failed`; a skipped test counts as failed, because it proved nothing.
 * With `ROOST_COUNT_FILE` the numbers go to that file instead, for a script that adds up several runs.
 */
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
    const file = process.env["ROOST_COUNT_FILE"];
    if (file === undefined) console.log(`\n${passed} passed, ${failed} failed`);
    else writeFileSync(file, `${passed} ${failed}\n`);
  }
}
