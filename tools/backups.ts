/**
 * Works on a stack's backups off the host, with the recovery kit and a key of the bucket; docs/recovery.md says when.
 *
 * Exit codes: 0 done and all well, 1 something is wrong or refused (a line each), 2 wrong usage.
 */
import { readOrder, UsageError } from "./backups/order.ts";
import { prune } from "./backups/prune.ts";
import { recover } from "./backups/recover.ts";
import { ResticError } from "./backups/restic.ts";
import { StoreError } from "./backups/store.ts";
import { verify } from "./backups/verify.ts";

const COMMANDS = {
  "verify-backups": { run: verify, options: ["host", "restore", "read"] },
  prune: { run: prune, options: ["host"] },
  recover: { run: recover, options: ["host", "at", "to", "mend"] },
} as const;

const [name = "", ...args] = process.argv.slice(2);
try {
  if (!isCommand(name)) throw new UsageError(`the commands are ${Object.keys(COMMANDS).join(", ")}`);
  const { run, options } = COMMANDS[name];
  process.exitCode = run(readOrder(args, options, process.env), process.env) ? 0 : 1;
} catch (error) {
  const usage = error instanceof UsageError;
  if (!usage && !(error instanceof ResticError) && !(error instanceof StoreError)) throw error;
  console.error(`${name}: ${error.message}`);
  process.exitCode = usage ? 2 : 1;
}

function isCommand(word: string): word is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, word);
}
