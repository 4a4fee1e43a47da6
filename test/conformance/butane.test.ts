import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ButaneError, filesDir, renderIgnition } from "../../butane/render/ignition.ts";
import { canonical, usesGzip } from "./canonical.ts";
import { CORPUS_FILES, type CorpusCase, corpus } from "./corpus.ts";
import { oracle, type Run, run, scratch } from "./support/host-tree.ts";

const files = filesDir(CORPUS_FILES);

function butane({ path }: Pick<CorpusCase, "path">): Run {
  const program = join(oracle("butane-0.29.0", "butane.sh"), "butane");
  return run(program, ["--strict", "--files-dir", CORPUS_FILES, path]);
}

function problemsOf(source: string): readonly string[] {
  try {
    renderIgnition(source, files);
    return [];
  } catch (error) {
    if (error instanceof ButaneError) return error.problems;
    throw error;
  }
}

describe("valid files of the corpus", () => {
  test.each(corpus("valid"))("$name: the real Butane gives what stands beside it", (one) => {
    expect(butane(one)).toEqual({ status: 0, stdout: one.expected, stderr: "" });
  });

  test.each(corpus("valid"))("$name: the real Butane and the renderer mean the same", (one) => {
    expect(canonical(renderIgnition(one.source, files))).toEqual(canonical(butane(one).stdout));
  });

  test.each(corpus("valid").filter(({ expected }) => !usesGzip(expected)))("$name: both give the same bytes", (one) => {
    expect(`${renderIgnition(one.source, files)}\n`).toBe(butane(one).stdout);
  });
});

describe("invalid files of the corpus", () => {
  test.each(corpus("invalid"))("$name: the real Butane and the renderer both refuse it", (one) => {
    expect({ butane: butane(one).status, refused: problemsOf(one.source).length > 0 }).toEqual({
      butane: 1,
      refused: true,
    });
  });
});

test.each(["files", "directories"])("the real Butane and the renderer refuse the same modes of %s", (section) => {
  const source = `variant: fcos\nversion: 1.5.0\nstorage:\n  ${section}:\n${Array.from(
    { length: 0o1001 },
    (_, mode) => `    - {path: /${mode}, mode: ${mode}}\n`,
  ).join("")}`;
  const path = join(scratch(), "modes.bu");
  writeFileSync(path, source);
  const refused = [...butane({ path }).stderr.matchAll(/^warning\[\$\.storage\.\w+\.(\d+)\.mode\]/gm)].map((match) =>
    Number(match[1]),
  );
  const ours = problemsOf(source).map((problem) => Number(/\[(\d+)\]\.mode must/.exec(problem)?.[1]));
  expect(refused).toContain(0o1000);
  expect(new Set(ours)).toEqual(new Set(refused));
});

describe("files of the corpus outside the subset", () => {
  test.each(corpus("outside"))("$name: the real Butane accepts it and the renderer refuses it", (one) => {
    expect({ butane: butane(one).status, refused: problemsOf(one.source).length > 0 }).toEqual({
      butane: 0,
      refused: true,
    });
  });
});
