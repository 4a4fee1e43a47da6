import { existsSync } from "node:fs";
import { join } from "node:path";
import { knownStacks } from "../preview/targets.ts";

/** The npm scripts and the command of Pulumi that each starts. */
export const COMMANDS = { up: "up", "preview:live": "preview", destroy: "destroy" } as const;

const USAGE = `usage: npm run up|preview:live|destroy -- STACK [any flag of pulumi up|preview|destroy]
  checks what a deployment needs (Node, Pulumi, passphrase, credentials, 1Password), then runs Pulumi on the stack
  destroy adds --run-program --exclude-protected`;

/** Wrong usage: the message and the usage, exit 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\n${USAGE}`);
  }
}

/** What a command line asks for. */
export interface Order {
  readonly script: keyof typeof COMMANDS;
  /** As Pulumi takes it; an organization may come first. */
  readonly stack: string;
  readonly file: string;
  /** Flags for Pulumi. */
  readonly flags: readonly string[];
}

/** Reads a command line: script, stack, flags; throws what is wrong with it. */
export function orderOf(args: readonly string[], root: string, environment: NodeJS.ProcessEnv): Order {
  const [script = "", stack = "", ...flags] = args;
  if (!isScript(script)) {
    throw new UsageError(`the first word must be one of ${Object.keys(COMMANDS).join(", ")}, got "${script}"`);
  }
  const folder = join(root, "stacks", "config");
  const file = join(folder, `Pulumi.${stack.split("/").at(-1)}.yaml`);
  if (stack === "" || stack.startsWith("-") || !existsSync(file)) {
    const got = stack === "" ? "none" : `"${stack}"`;
    throw new UsageError(`the stack must come first, got ${got}: stacks/config has ${knownStacks(folder).join(", ")}`);
  }
  const given = new Set(flags.flatMap(flagNames));
  if (given.has("stack") || given.has("s")) {
    throw new UsageError("the stack must be named once, in the first place: leave --stack out");
  }
  if (script === "destroy") refuseHalfADestroy(given, environment);
  return { script, stack, file, flags: script === "destroy" ? withDestroyFlags(flags, given) : flags };
}

/** What `destroy` needs beside the stack, and why. */
export const DESTROY_FLAGS = {
  "run-program": "runs the hooks that take the final snapshots",
  "exclude-protected": "leaves the bucket with its files, and the root of the backups' passwords",
} as const;

function withDestroyFlags(flags: readonly string[], given: ReadonlySet<string>): string[] {
  const missing = Object.keys(DESTROY_FLAGS).filter((name) => !given.has(name));
  return [...missing.map((name) => `--${name}`), ...flags];
}

function refuseHalfADestroy(given: ReadonlySet<string>, environment: NodeJS.ProcessEnv): void {
  // Pulumi takes any flag from a variable, too.
  if (given.has("skip-preview") || given.has("f") || environment["PULUMI_OPTION_SKIP_PREVIEW"] === "true") {
    throw new UsageError(
      "destroy must not have --skip-preview (or PULUMI_OPTION_SKIP_PREVIEW): the preview is what refuses, and without it half of the stack would be gone before that",
    );
  }
  if (given.has("ignore-protect")) {
    throw new UsageError(
      "destroy must not have --ignore-protect: bucket and root end with the word roost:store.erase and an `up`",
    );
  }
}

/** Letters of Pulumi's flags that take a value, which may follow at once, as in `-mfix`. */
const WITH_VALUE = "cCmpstvx";

/** The names of the flags in one word of a command line: a long one, or letters such as `-yf`. */
function flagNames(word: string): string[] {
  const long = /^--([^=]+)/.exec(word)?.[1];
  if (long !== undefined) return [long];
  if (!/^-[a-zA-Z]/.test(word)) return [];
  const letters = word.slice(1).split("");
  const last = letters.findIndex((letter) => WITH_VALUE.includes(letter));
  return last === -1 ? letters : letters.slice(0, last + 1);
}

function isScript(word: string): word is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, word);
}
