import { describe, expect, test } from "vitest";
import { ButaneError, filesDir, renderIgnition } from "../../../../butane/render/ignition.ts";
import { canonical, usesGzip } from "../../../conformance/canonical.ts";
import { CORPUS_FILES, corpus } from "../../../conformance/corpus.ts";

const files = filesDir(CORPUS_FILES);

function problemsOf(source: string): readonly string[] {
  try {
    renderIgnition(source, files);
    return [];
  } catch (error) {
    if (error instanceof ButaneError) return error.problems;
    throw error;
  }
}

describe("valid Butane", () => {
  test.each(corpus("valid"))("$name: it renders to what the real Butane gives", ({ source, expected }) => {
    expect(canonical(renderIgnition(source, files))).toEqual(canonical(expected));
  });

  test.each(corpus("valid").filter(({ expected }) => !usesGzip(expected)))(
    "$name: every byte is that of the real Butane",
    ({ source, expected }) => {
      expect(`${renderIgnition(source, files)}\n`).toBe(expected);
    },
  );
});

describe("Butane that the real one refuses", () => {
  test.each(corpus("invalid"))("$name: it is refused with a line per problem", ({ source, expected }) => {
    expect(problemsOf(source)).toEqual(expected.trimEnd().split("\n"));
  });
});

describe("Butane outside the subset", () => {
  test.each(corpus("outside"))("$name: it is refused with a line per problem", ({ source, expected }) => {
    expect(problemsOf(source)).toEqual(expected.trimEnd().split("\n"));
  });
});
