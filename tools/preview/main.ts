import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { STACK_FOLDER } from "../../stacks/config.ts";
import { writeArtifacts } from "./artifacts.ts";
import { evaluate } from "./evaluate.ts";
import { report } from "./report.ts";
import { readStackFile, stackOfFile } from "./stack-file.ts";

const USAGE = `usage: npm run preview [-- STACK ...] [-- --config FILE --program NAME] [--out DIR] [--json]
  STACK     evaluates these stacks of stacks/config; every *.example stack without one
  --config  evaluates a stack file from anywhere, as a stack of --program
  --out     where the artifacts go, a folder per stack (default .preview)
  --json    prints an array with one object per stack; use npm run -s`;

/** Wrong usage: the message and the usage, exit 2. */
class UsageError extends Error {}

interface Target {
  readonly stack: string;
  readonly file: string;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`preview: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  const previews = [];
  for (const { stack, file } of targets(positionals, values.config, values.program)) {
    const { preview, artifacts } = await evaluate(readStackFile(file, stack));
    if (preview.problems.length === 0) writeArtifacts(join(values.out, stack), artifacts);
    if (!values.json) process.stdout.write(`${report(preview)}\n`);
    previews.push(preview);
  }
  if (values.json) console.log(JSON.stringify(previews, null, 2));
  else console.log(`artifacts are in ${values.out}`);
  return previews.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        config: { type: "string" },
        program: { type: "string" },
        out: { type: "string", default: ".preview" },
        json: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function targets(stacks: readonly string[], config: string | undefined, program: string | undefined): Target[] {
  if (config !== undefined || program !== undefined) {
    if (config === undefined || program === undefined) throw new UsageError("--config and --program go together");
    if (stacks.length > 0) throw new UsageError("name stacks or --config, not both");
    if (!existsSync(config)) throw new UsageError(`there is no file ${config}`);
    return [{ stack: stackOfFile(config, program), file: resolve(config) }];
  }
  const known = readdirSync(STACK_FOLDER)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .toSorted();
  const wanted = stacks.length > 0 ? stacks : known.filter((stack) => stack.endsWith(".example"));
  for (const stack of wanted) {
    if (!known.includes(stack))
      throw new UsageError(`there is no stack ${stack}: stacks/config has ${known.join(", ")}`);
  }
  return wanted.map((stack) => ({ stack, file: join(STACK_FOLDER, `Pulumi.${stack}.yaml`) }));
}
