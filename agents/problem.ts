/** Something wrong with an argument; `path` is the config path below its owner, such as `telegram.allowFrom[0]`. */
export interface Problem {
  readonly path: string;
  /** Completes the sentence that the path begins: `must …, got …`, with the fix; never holds a secret. */
  readonly message: string;
}
