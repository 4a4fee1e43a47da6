import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ButaneError, filesDir, renderIgnition } from "../../butane/render/ignition.ts";
import { canonical, usesGzip } from "./canonical.ts";
import { CORPUS_FILES, type CorpusCase, corpus } from "./corpus.ts";
import { oracle, type Run, run } from "./support/host-tree.ts";

const files = filesDir(CORPUS_FILES);

function butane({ path }: CorpusCase): Run {
  const program = join(oracle("butane-0.29.0", "butane.sh"), "butane");
  return run(program, ["--strict", "--files-dir", CORPUS_FILES, path]);
}

function refuses({ source }: CorpusCase): boolean {
  try {
    renderIgnition(source, files);
    return false;
  } catch (error) {
    if (error instanceof ButaneError) return true;
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
    expect({ butane: butane(one).status, refused: refuses(one) }).toEqual({ butane: 1, refused: true });
  });
});

describe("files of the corpus outside the subset", () => {
  test.each(corpus("outside"))("$name: the real Butane accepts it and the renderer refuses it", (one) => {
    expect({ butane: butane(one).status, refused: refuses(one) }).toEqual({ butane: 0, refused: true });
  });
});
