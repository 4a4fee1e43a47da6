import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkAgainst, knownStacks, targets, UsageError } from "./targets.ts";

const USAGE = `usage: npm run preview [-- STACK ...] [-- --config FILE --program NAME] [--out DIR] [--against DIR] [--json]
  STACK      evaluates these stacks of stacks/config; every *.example stack without one
  --config   evaluates a stack file from anywhere, as a stack of --program
  --out      where the artifacts go, a folder per stack (default .preview)
  --against  the --out of an earlier preview: prints the difference to it as Markdown, and writes it into --out
  --json     prints an array with one object per stack, or the difference as one object; use npm run -s`;

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
  const out = fromCaller(values.out);
  const against = values.against === undefined ? undefined : fromCaller(values.against);
  if (against !== undefined) checkAgainst(against, out);
  // Pulumi takes half a second to load: wrong usage should not wait for it.
  const [{ evaluate }, { readStackFile }, { report }, { mayReplace, writeArtifacts }, { writePreview }] =
    await Promise.all([
      import("./evaluate.ts"),
      import("./stack-file.ts"),
      import("./report.ts"),
      import("./artifacts.ts"),
      import("./against/folder.ts"),
    ]);
  for (const { stack } of wanted) {
    if (!mayReplace(join(out, stack))) {
      throw new UsageError(`${join(out, stack)} holds something else than a preview: take another --out or clear it`);
    }
  }
  const previews = [];
  for (const { stack, file } of wanted) {
    const { preview, artifacts } = await evaluate(readStackFile(file, stack));
    writeArtifacts(join(out, stack), artifacts);
    writePreview(join(out, stack), preview);
    if (!values.json && against === undefined) process.stdout.write(`${report(preview)}\n`);
    previews.push(preview);
  }
  if (against !== undefined) {
    const stacks = wanted.map(({ stack }) => stack);
    await compare(against, out, stacks, values.config === undefined, values.json);
  } else if (values.json) console.log(JSON.stringify(previews, null, 2));
  else if (previews.some(({ problems }) => problems.length === 0)) console.log(`artifacts are in ${out}`);
  return previews.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

/** Writes the difference between two folders into the later one and prints it. */
async function compare(
  against: string,
  out: string,
  stacks: string[],
  withGone: boolean,
  json: boolean,
): Promise<void> {
  const [{ compareFolders }, { previewedStacks }, { markdown }] = await Promise.all([
    import("./against/difference.ts"),
    import("./against/folder.ts"),
    import("./against/markdown.ts"),
  ]);
  const known = knownStacks();
  const gone = withGone ? previewedStacks(against).filter((stack) => !known.includes(stack)) : [];
  const difference = compareFolders(against, out, stacks, gone);
  const texts = { json: `${JSON.stringify(difference, null, 2)}\n`, md: markdown(difference) };
  writeFileSync(join(out, "difference.json"), texts.json);
  writeFileSync(join(out, "difference.md"), texts.md);
  process.stdout.write(json ? texts.json : texts.md);
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
        against: { type: "string" },
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
