import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ButaneError, FilesDirError, filesDir, noFiles, renderIgnition } from "../butane/render/ignition.ts";

const USAGE = "usage: npm run -s ignition -- FILE.bu [--files-dir DIR]";

/** What a command prints, and its exit status. */
export interface Outcome {
  readonly status: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/** Renders one Butane file: status 1 with a line per problem when it cannot be rendered, 2 on wrong usage. */
export function ignition(args: readonly string[]): Outcome {
  const parsed = parse(args);
  if (parsed === undefined) return { status: 2, stdout: "", stderr: `${USAGE}\n` };
  try {
    const source = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(parsed.file));
    const files = parsed.dir === undefined ? noFiles : openFilesDir(parsed.dir);
    return { status: 0, stdout: `${renderIgnition(source, files)}\n`, stderr: "" };
  } catch (error) {
    return { status: 1, stdout: "", stderr: `${explain(error, parsed.file).join("\n")}\n` };
  }
}

function parse(args: readonly string[]): { readonly file: string; readonly dir: string | undefined } | undefined {
  try {
    const options = { "files-dir": { type: "string" } } as const;
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [file, ...more] = positionals;
    return file === undefined || more.length > 0 ? undefined : { file, dir: values["files-dir"] };
  } catch {
    return undefined;
  }
}

function openFilesDir(dir: string) {
  try {
    return filesDir(dir);
  } catch (error) {
    if (!(error instanceof FilesDirError)) throw error;
    throw new ButaneError([`--files-dir must be a folder, got ${dir}: ${error.message}`]);
  }
}

function explain(error: unknown, file: string): readonly string[] {
  if (error instanceof ButaneError) return error.problems;
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return [`${file} must be text in UTF-8`];
  if (code === "ENOENT") return [`${file} does not exist`];
  if (code?.startsWith("E") === true && !code.startsWith("ERR_")) return [`${file} cannot be read (${code})`];
  throw error;
}

if (process.argv[1] === import.meta.filename) {
  const { status, stdout, stderr } = ignition(process.argv.slice(2));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = status;
}
