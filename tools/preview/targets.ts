import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { STACK_FOLDER } from "../../stacks/folder.ts";

/** Wrong usage: the message and the usage, exit 2. */
export class UsageError extends Error {}

/** A stack to preview and the file that holds its config. */
export interface Target {
  readonly stack: string;
  readonly file: string;
}

/** What a command line asks for: named stacks, one file from anywhere, or every example. */
export function targets(stacks: readonly string[], config: string | undefined, program: string | undefined): Target[] {
  if (config !== undefined || program !== undefined) {
    if (config === undefined || program === undefined) throw new UsageError("--config and --program go together");
    if (stacks.length > 0) throw new UsageError("name stacks or --config, not both");
    if (!existsSync(config)) throw new UsageError(`there is no file ${config}`);
    return [{ stack: stackOfFile(config, program), file: resolve(config) }];
  }
  const known = knownStacks();
  const wanted = stacks.length > 0 ? stacks : known.filter((stack) => stack.endsWith(".example"));
  for (const stack of wanted) {
    if (!known.includes(stack))
      throw new UsageError(`there is no stack ${stack}: stacks/config has ${known.join(", ")}`);
  }
  return wanted.map((stack) => ({ stack, file: join(STACK_FOLDER, `Pulumi.${stack}.yaml`) }));
}

/** Every stack that has a file in a folder of stack files. */
export function knownStacks(folder = STACK_FOLDER): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .toSorted();
}

/** Refuses an earlier preview that is not there, or that this run would overwrite before reading it. */
export function checkAgainst(against: string, out: string): void {
  if (!existsSync(against) || !statSync(against).isDirectory()) {
    throw new UsageError(`--against must be the --out folder of an earlier preview, and there is no folder ${against}`);
  }
  if (existsSync(out) && realpathSync(out) === realpathSync(against)) {
    throw new UsageError(
      `--against and --out must be two folders, got ${against} for both: give one preview another --out`,
    );
  }
}

/** The stack that a file from anywhere stands for: its environment, else `preview`. */
function stackOfFile(file: string, program: string): string {
  const [start, end] = [`Pulumi.${program}.`, ".yaml"];
  const name = basename(file);
  const named = name.startsWith(start) && name.endsWith(end) && name.length > start.length + end.length;
  return `${program}.${named ? name.slice(start.length, -end.length) : "preview"}`;
}
