import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { targets, UsageError } from "./targets.ts";

const USAGE = `usage: npm run preview [-- STACK ...] [-- --config FILE --program NAME] [--out DIR] [--json]
  STACK     evaluates these stacks of stacks/config; every *.example stack without one
  --config  evaluates a stack file from anywhere, as a stack of --program
  --out     where the artifacts go, a folder per stack (default .preview)
  --json    prints an array with one object per stack; use npm run -s`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`preview: ${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  const wanted = targets(
    positionals,
    values.config === undefined ? undefined : fromCaller(values.config),
    values.program,
  );
  // Pulumi takes half a second to load: wrong usage should not wait for it.
  const [{ evaluate }, { readStackFile }, { report }, { mayReplace, writeArtifacts }] = await Promise.all([
    import("./evaluate.ts"),
    import("./stack-file.ts"),
    import("./report.ts"),
    import("./artifacts.ts"),
  ]);
  const out = fromCaller(values.out);
  for (const { stack } of wanted) {
    if (!mayReplace(join(out, stack))) {
      throw new UsageError(`${join(out, stack)} holds something else than a preview: take another --out or clear it`);
    }
  }
  const previews = [];
  for (const { stack, file } of wanted) {
    const { preview, artifacts } = await evaluate(readStackFile(file, stack));
    writeArtifacts(join(out, stack), artifacts);
    if (!values.json) process.stdout.write(`${report(preview)}\n`);
    previews.push(preview);
  }
  if (values.json) console.log(JSON.stringify(previews, null, 2));
  else if (previews.some(({ problems }) => problems.length === 0)) console.log(`artifacts are in ${values.out}`);
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

/** A path as its caller means it: npm runs scripts in the repository's root and names the folder it was called from. */
function fromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}
