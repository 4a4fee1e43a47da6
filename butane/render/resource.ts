import { isUtf8 } from "node:buffer";
import { gzipSync } from "node:zlib";
import { type FilesDir, FilesDirError } from "./files-dir.ts";
import { type Problems, shown } from "./problems.ts";
import type { Resource } from "./schema.ts";

/** What a part of the document is rendered with. */
export interface Context {
  readonly files: FilesDir;
  readonly problems: Problems;
}

/** Where Ignition takes the bytes of a file from. */
export interface IgnitionResource {
  readonly compression?: "" | "gzip";
  readonly source?: string;
  readonly verification?: { readonly hash: string };
}

/** Renders `contents` or an entry of `append`; `undefined` when it says nothing. */
export function renderResource(
  resource: Resource | undefined,
  path: string,
  context: Context,
): IgnitionResource | undefined {
  if (resource === undefined) return undefined;
  const { inline, local, source } = resource;
  if ([inline, local, source].filter((value) => value !== undefined).length > 1) {
    context.problems.add(path, "must have one of inline, local and source, got more than one");
    return undefined;
  }
  const hash = resource.verification?.hash;
  if (hash !== undefined && !/^(sha256-[\da-f]{64}|sha512-[\da-f]{128})$/i.test(hash)) {
    const allowed = "must be sha256- and 64 or sha512- and 128 hexadecimal digits";
    context.problems.add(`${path}.verification.hash`, `${allowed}, got ${hash.length} characters of another form`);
  }
  const verification = hash === undefined ? {} : { verification: { hash } };
  if (inline !== undefined) return { ...dataUrl(Buffer.from(inline)), ...verification };
  if (local !== undefined) return { ...dataUrl(readLocal(local, `${path}.local`, context)), ...verification };
  if (source !== undefined) {
    checkSource(source, `${path}.source`, context.problems);
    return { source, ...verification };
  }
  return hash === undefined ? undefined : verification;
}

/** The bytes of a local file; none after a problem was noted. */
export function readLocal(local: string, path: string, { files, problems }: Context): Uint8Array {
  try {
    return files.read(local);
  } catch (error) {
    if (!(error instanceof FilesDirError)) throw error;
    problems.add(path, `must name a file of the files folder, got ${shown(local)}: ${error.message}`);
    return new Uint8Array();
  }
}

/** The text of a local file; Butane would replace bytes that are no UTF-8, which no author can want. */
export function readLocalText(local: string, path: string, context: Context): string {
  const bytes = readLocal(local, path, context);
  if (!isUtf8(bytes)) context.problems.add(path, `must name a text file in UTF-8, got ${shown(local)}`);
  return Buffer.from(bytes).toString("utf8");
}

/**
 * The shortest of the three encodings that Butane tries: escaped, base64, and gzip in base64.
 * An empty `compression` is written out, because a parent config could set another.
 */
export function dataUrl(bytes: Uint8Array): { readonly compression: "" | "gzip"; readonly source: string } {
  const escaped = escape(bytes);
  const base64 = Buffer.from(bytes).toString("base64");
  const plain = base64.length + ";base64".length < escaped.length ? `;base64,${base64}` : `,${escaped}`;
  const zipped = gzipSync(bytes, { level: 9 });
  // The system that packed it, which differs between Linux and macOS; 255 is unknown, as in Go.
  zipped[9] = 255;
  const gzip = `;base64,${zipped.toString("base64")}`;
  if (gzip.length + "gzip".length < plain.length) return { compression: "gzip", source: `data:${gzip}` };
  return { compression: "", source: `data:${plain}` };
}

function escape(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return encodeURIComponent(Buffer.from(bytes).toString("utf8"));
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.!~*'()]/.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

const URL_CHARACTER = String.raw`(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})`;
const HTTP = new RegExp(
  String.raw`^https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/${URL_CHARACTER}*)?(?:\?(?:${URL_CHARACTER}|\?)*)?$`,
);
const MEDIA_TYPE =
  "(?:(?:text|image|audio|video|application|message|multipart)/[A-Za-z0-9.+-]+)?(?:;[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*";
const DATA = new RegExp(`^data:${MEDIA_TYPE},(?:${URL_CHARACTER}|\\?)*$`);
const DATA_BASE64 = new RegExp(
  `^data:${MEDIA_TYPE};base64,(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`,
);

function checkSource(source: string, path: string, problems: Problems): void {
  // An empty source is an empty file.
  if (source === "" || HTTP.test(source) || DATA.test(source) || DATA_BASE64.test(source)) return;
  // The URL itself may carry a credential.
  const scheme = /^(https?|data|s3|gs|arn|tftp|ftp|file):/i.exec(source)?.[1];
  const got = scheme === undefined ? "another text" : `one of another form with ${scheme}`;
  problems.add(path, `must be an http, https or data URL, percent-escaped, without user or fragment, got ${got}`);
}
