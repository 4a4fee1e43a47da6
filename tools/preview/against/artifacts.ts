import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMap, isSeq, type Node, parseDocument, visit } from "yaml";

/** An artifact that differs between two previews of a stack. */
export interface ArtifactDifference {
  /** In the stack's folder, such as `quadlets/nanobot.image`. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** Lines that are new, and lines that are gone. */
  readonly lines: { readonly added: number; readonly removed: number };
  /** Hunks of a unified diff; `undefined` for a file that is never shown. */
  readonly diff?: string;
}

const BUTANE = "host.bu";

/** Compiled from host.bu, which is shown: one long line of encoded files, root's among them. */
const NEVER_SHOWN = ["host.ign"];

/** Compares the artifacts of a stack, by path; what only root may read on the host is not in the result. */
export function compareArtifacts(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ArtifactDifference[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .toSorted();
  const shown = paths.filter((path) => !NEVER_SHOWN.includes(path));
  const texts = shown.map((path) => [readable(path, before.get(path)), readable(path, after.get(path))] as const);
  const diffs = new Map(unifiedDiffs(texts).map((diff, index) => [shown[index], diff]));
  return paths.map((path) => {
    const change = before.has(path) ? (after.has(path) ? "changed" : "removed") : "added";
    const diff = diffs.get(path);
    if (diff === undefined) return { path, change, lines: { added: 0, removed: 0 } };
    return { path, change, lines: { added: count(diff, "+"), removed: count(diff, "-") }, diff };
  });
}

function readable(path: string, text = ""): string {
  return path === BUTANE ? withoutRootFiles(text) : text;
}

/** A Butane source whose files that root alone may read have `[secret]` for contents. */
export function withoutRootFiles(source: string): string {
  const document = parseDocument(source);
  // What cannot be read cannot be cleaned.
  if (document.errors.length > 0) return "[not shown: this is not YAML]\n";
  const files = document.getIn(["storage", "files"]);
  const secret: Node[] = [];
  for (const file of isSeq(files) ? files.items : []) {
    if (!isMap(file)) continue;
    const mode = file.get("mode");
    // Without a mode Ignition makes the file 0644.
    if (typeof mode !== "number" || (mode & 0o077) !== 0) continue;
    for (const key of ["contents", "append"]) {
      const contents = file.get(key, true);
      if (contents === undefined) continue;
      visit(contents, { Scalar: (role, node) => void (role !== "key" && secret.push(node)) });
    }
  }
  return secret
    .flatMap(({ range }) => (range ? [range] : []))
    .toSorted(([a], [b]) => b - a)
    .reduce((text, [start, end]) => {
      const newline = text.slice(start, end).endsWith("\n") ? "\n" : "";
      return `${text.slice(0, start)}[secret]${newline}${text.slice(end)}`;
    }, source);
}

/** The hunks of each pair of texts, by one call of git. */
function unifiedDiffs(pairs: readonly (readonly [string, string])[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "roost-against-"));
  try {
    for (const side of ["a", "b"]) mkdirSync(join(folder, side));
    for (const [index, [before, after]] of pairs.entries()) {
      writeFileSync(join(folder, "a", String(index)), before);
      writeFileSync(join(folder, "b", String(index)), after);
    }
    const { status, stdout, stderr, error } = spawnSync("git", GIT_DIFF, {
      cwd: folder,
      encoding: "utf8",
      // Nothing of a person's own settings, which change what a diff looks like.
      env: { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_DIR: "none" },
      maxBuffer: 1024 * 1024 * 1024,
    });
    if (error !== undefined) throw new Error("--against needs git on the PATH", { cause: error });
    if (status !== 0 && status !== 1) throw new Error(`git diff failed: ${stderr.trim()}`);
    const hunks = new Map(stdout.split(/^diff --git a\//m).map((part) => [Number.parseInt(part, 10), hunksOf(part)]));
    return pairs.map((_, index) => hunks.get(index) ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const GIT_DIFF = "diff --no-index --no-prefix --no-color --no-ext-diff --no-renames --text --unified=3 a b".split(" ");

function hunksOf(part: string): string {
  const start = part.search(/^@@ /m);
  return start === -1 ? "" : part.slice(start).trimEnd();
}

function count(diff: string, sign: string): number {
  return diff.split("\n").filter((line) => line.startsWith(sign)).length;
}
