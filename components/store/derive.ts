import { hkdfSync } from "node:crypto";

/** Bytes of a store's root and of every key that comes from it. */
const KEY_BYTES = 32;

/** A store's root as people keep it: 32 bytes in base64url, 43 characters. */
export const ROOT_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** The root of one host, in base64url: HKDF-SHA256 of the store's root with the host's name. */
export function hostRoot(root: string, host: string): string {
  return derive(root, `host:${host}`);
}

/** The key that seals the releases of one generation, in base64url. */
export function releaseKey(hostRootKey: string, generation: number): string {
  return derive(hostRootKey, `release:g${generation}`);
}

/** A secret that needs nothing but the host's root, such as a restic password (`restic:<workload>`), in base64url. */
export function derivedSecret(hostRootKey: string, info: string): string {
  return derive(hostRootKey, info);
}

function derive(key: string, info: string): string {
  const bytes = Buffer.from(key, "base64url");
  // A short key would still derive, to something that opens nothing.
  if (bytes.length !== KEY_BYTES) throw new Error(`a root must be ${KEY_BYTES} bytes in base64url`);
  return Buffer.from(hkdfSync("sha256", bytes, "", info, KEY_BYTES)).toString("base64url");
}
