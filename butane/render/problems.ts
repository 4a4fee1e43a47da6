/** A Butane document that cannot be rendered. */
export class ButaneError extends Error {
  override readonly name = "ButaneError";
  /** One line per problem: the path of the key, what is wrong and what is allowed; never the content of a file. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Collects what is wrong, so that all of it is reported at once. */
export class Problems {
  readonly #found = new Map<string, string>();

  /** Notes a problem; a second one at the same path would only follow from the first. */
  add(path: string, message: string): void {
    if (!this.#found.has(path)) this.#found.set(path, message);
  }

  /** Throws a `ButaneError` if anything was noted. */
  throwIfAny(): void {
    if (this.#found.size > 0) throw new ButaneError([...this.#found].map(([path, message]) => `${path} ${message}`));
  }
}

/** A name or path for a message; a text that looks like neither may be misplaced content and is not repeated. */
export function shown(text: string): string {
  if (text === "") return "nothing";
  return /^[\x21-\x7e]{1,200}$/.test(text) ? `"${text}"` : "a text that is no plain name";
}

/** Something that a list may have once. */
export interface Unique {
  /** Its path in the document. */
  readonly at: string;
  readonly key: string;
  /** Whether a message may repeat the key. */
  readonly isName: boolean;
}

/** Notes each thing whose key another before it has. */
export function refuseDuplicates(things: readonly Unique[], problems: Problems): void {
  const first = new Map<string, string>();
  for (const { at, key, isName } of things) {
    const before = first.get(key);
    if (before === undefined) first.set(key, at);
    else problems.add(at, `must be unique, got ${isName ? `${shown(key)} as` : "the same as"} in ${before}`);
  }
}
