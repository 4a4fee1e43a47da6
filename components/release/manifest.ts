import { createHash } from "node:crypto";
import type { ReleaseEntry } from "../../quadlets/release-file.ts";

/** One entry of a release as its manifest lists it; `mode` is octal text, such as `0644`. */
export type ManifestEntry =
  | { readonly path: string; readonly mode: string; readonly owner: string; readonly sha256: string }
  | { readonly path: string; readonly link: string };

/** What a release holds; the first file of its tar, and what a host checks the rest against. */
export interface Manifest {
  readonly version: 1;
  readonly stack: string;
  readonly host: string;
  readonly files: readonly ManifestEntry[];
  /** Per agent unit the digest of all it depends on: a changed digest is a restart. */
  readonly units: Readonly<Record<string, string>>;
  /** Per workload the generation it was born in: only there may it start without a backup. */
  readonly workloads: Readonly<Record<string, { readonly born: number }>>;
}

export interface ManifestArgs {
  readonly stack: string;
  readonly host: string;
  readonly entries: readonly ReleaseEntry[];
  /** Per agent unit the paths of the entries it depends on. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  /** Per workload the generation it was born in. */
  readonly born: Readonly<Record<string, number>>;
}

/** The manifest of a release's entries, in the order of their paths. */
export function manifestOf({ stack, host, entries, units, born }: ManifestArgs): Manifest {
  const digests = new Map(entries.map((entry) => [entry.path, JSON.stringify(manifestEntry(entry))]));
  const digestOf = (paths: readonly string[]) =>
    sha256(paths.map((path) => digests.get(path) ?? missing(path)).join("\n"));
  return {
    version: 1,
    stack,
    host,
    files: entries.map(manifestEntry),
    units: Object.fromEntries(Object.entries(units).map(([unit, paths]) => [unit, digestOf(paths)])),
    workloads: Object.fromEntries(Object.entries(born).map(([name, generation]) => [name, { born: generation }])),
  };
}

/** SHA-256 in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function manifestEntry(entry: ReleaseEntry): ManifestEntry {
  if ("target" in entry) return { path: entry.path, link: entry.target };
  const mode = entry.mode.toString(8).padStart(4, "0");
  return { path: entry.path, mode, owner: "root:root", sha256: sha256(entry.content) };
}

function missing(path: string): never {
  throw new Error(`a unit depends on ${path}, which the release does not hold`);
}
