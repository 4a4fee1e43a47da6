import { createHmac, hkdfSync } from "node:crypto";
import { buffer, text } from "node:stream/consumers";
import { CompactEncrypt, compactDecrypt } from "jose";
import { extract, pack } from "tar-stream";
import type { ReleaseEntry, ReleaseFile } from "../../quadlets/release-file.ts";
import { type ManifestArgs, manifestOf, sha256 } from "./manifest.ts";

/** A packed release: its plain tar and its id, the tar's SHA-256. */
export interface PackedRelease {
  readonly tar: Buffer;
  readonly id: string;
}

const MANIFEST = "manifest.json";
/** The 96 bits that A256GCM wants. */
const IV_BYTES = 12;

/** Packs entries and their manifest; the same content gives the same bytes. */
export async function packRelease(args: ManifestArgs): Promise<PackedRelease> {
  const entries = args.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const manifest: ReleaseFile = {
    path: MANIFEST,
    content: `${JSON.stringify(manifestOf({ ...args, entries }), null, 2)}\n`,
    // It holds digests of secrets.
    mode: 0o600,
  };
  const tar = await tarOf([manifest, ...entries]);
  return { tar, id: sha256(tar) };
}

/** Seals a packed release as compact JWE (`dir`, `A256GCM`) with a key in base64url. */
export async function sealRelease(tar: Uint8Array, key: string): Promise<string> {
  const secret = Buffer.from(key, "base64url");
  // From the content: equal text seals to equal bytes, and no other text ever meets the same IV.
  const ivKey = Buffer.from(hkdfSync("sha256", secret, "", "release-iv", 32));
  const iv = createHmac("sha256", ivKey).update(tar).digest().subarray(0, IV_BYTES);
  return new CompactEncrypt(tar)
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setInitializationVector(iv)
    .encrypt(secret);
}

/** Opens a sealed release and gives its entries, manifest first. */
export async function openRelease(jwe: string, key: string): Promise<ReleaseEntry[]> {
  const { plaintext } = await compactDecrypt(jwe, Buffer.from(key, "base64url"));
  return untar(plaintext);
}

async function tarOf(entries: readonly ReleaseEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const entry of entries) {
    const owner = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: new Date(0) };
    if ("target" in entry)
      tar.entry({ ...owner, name: entry.path, type: "symlink", linkname: entry.target, mode: 0o777 });
    else tar.entry({ ...owner, name: entry.path, mode: entry.mode }, entry.content);
  }
  tar.finalize();
  return buffer(tar);
}

async function untar(bytes: Uint8Array): Promise<ReleaseEntry[]> {
  const tar = extract();
  tar.end(Buffer.from(bytes));
  const entries: ReleaseEntry[] = [];
  for await (const entry of tar) {
    const { name, type, linkname, mode } = entry.header;
    const content = await text(entry);
    if (type === "symlink") entries.push({ path: name, target: linkname ?? "" });
    else entries.push({ path: name, content, mode: mode ?? 0 });
  }
  return entries;
}
