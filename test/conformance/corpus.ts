import { readdirSync, readFileSync } from "node:fs";

const FOLDER = `${import.meta.dirname}/corpus`;

/** What Butane and the renderer make of a file: both take it, both refuse it, or only Butane takes it. */
export type Verdict = "valid" | "invalid" | "outside";

/** The folder that `local` of the corpus refers to. */
export const CORPUS_FILES = `${FOLDER}/files`;

/** One Butane file of the corpus. */
export interface CorpusCase {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  /** The file beside it: Butane's output when it is valid, else the renderer's problems, one a line. */
  readonly expected: string;
}

/** Every file with a verdict, by name. */
export function corpus(verdict: Verdict): readonly CorpusCase[] {
  const folder = `${FOLDER}/${verdict}`;
  const names = readdirSync(folder).filter((file) => file.endsWith(".bu"));
  return names.toSorted().map((file) => {
    const name = file.slice(0, -".bu".length);
    const path = `${folder}/${file}`;
    const expected = `${folder}/${name}.${verdict === "valid" ? "ign" : "problems"}`;
    return { name, path, source: readFileSync(path, "utf8"), expected: readFileSync(expected, "utf8") };
  });
}
