/**
 * Runs `pulumi up`, `preview` or `destroy` on one stack once the environment has what that takes.
 *
 * Exit codes: Pulumi's own; 1 something is missing (a line each, and Pulumi was not started), 2 wrong usage.
 */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { deploy } from "./deploy/command.ts";

process.exitCode = await deploy(process.argv.slice(2), {
  root: join(import.meta.dirname, ".."),
  environment: process.env,
  complain: (line) => console.error(line),
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});

async function ask(question: string): Promise<boolean> {
  // On stderr: stdout may be Pulumi's `--json`.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
