const IMAGE = /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$/;

/** A reference without a digest that may be shown: it has the form of one. */
const UNPINNED = /^[a-z0-9.-]{1,60}(:\d+)?(\/[a-z0-9._-]{1,40}){1,4}(:[\w.-]{1,40})?$/;

/** What is wrong with an image reference, `undefined` if nothing is: a registry, a name and a digest are wanted. */
export function imageProblem(reference: string): string | undefined {
  if (IMAGE.test(reference)) return undefined;
  const got = UNPINNED.test(reference) ? JSON.stringify(reference) : `a text of ${reference.length} characters`;
  return `must name a registry, an image and its digest, such as "ghcr.io/owner/nanobot@sha256:<64 digits>", got ${got}`;
}
