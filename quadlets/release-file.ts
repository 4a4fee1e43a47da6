/** One file of a release; `path` is relative to the release's root, such as `quadlets/nanobot.image`. */
export interface ReleaseFile {
  readonly path: string;
  readonly content: string;
  /** Octal, such as `0o644`. */
  readonly mode: number;
}

/** A symbolic link of a release. */
export interface ReleaseLink {
  readonly path: string;
  /** As written into the link: relative to its own folder, or absolute. */
  readonly target: string;
}

export type ReleaseEntry = ReleaseFile | ReleaseLink;
