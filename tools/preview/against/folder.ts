import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import type { StackPreview } from "../evaluate.ts";

/** In the folder of a stack, beside its artifacts. */
const PREVIEW_FILE = "preview.json";

const resource = z.object({
  urn: z.string(),
  type: z.string(),
  name: z.string(),
  custom: z.boolean(),
  protect: z.boolean(),
  deleteBeforeReplace: z.boolean(),
  ignoreChanges: z.array(z.string()),
  replacementTrigger: z.unknown().optional(),
  about: z.string(),
  inputs: z.record(z.string(), z.unknown()),
});

/** The parts of a preview that a comparison reads; it may come from another version of this program. */
const preview = z.object({
  resources: z.array(resource),
  bytes: z.object({ userData: z.number(), release: z.number() }),
  usdPerMonth: z.number().nullable(),
  warnings: z.array(z.string()),
  problems: z.array(z.string()),
});

/** A resource of a preview that was written earlier. */
export type SavedResource = z.infer<typeof resource>;

/** A preview that was written earlier. */
export type SavedPreview = z.infer<typeof preview>;

/** Writes what a preview says of a stack into the stack's folder, for a later comparison. */
export function writePreview(folder: string, said: StackPreview): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, PREVIEW_FILE), `${JSON.stringify(said, null, 2)}\n`);
}

/** What was written: `undefined` where there is no preview, one sentence where it cannot be read. */
export function readPreview(folder: string): SavedPreview | string | undefined {
  const file = join(folder, PREVIEW_FILE);
  if (!existsSync(file)) return undefined;
  try {
    return preview.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return `${PREVIEW_FILE} is damaged, or another version of roost wrote it`;
  }
}

/** The stacks whose previews a folder holds. */
export function previewedStacks(folder: string): string[] {
  return readdirSync(folder)
    .filter((stack) => existsSync(join(folder, stack, PREVIEW_FILE)))
    .toSorted();
}

/** The artifacts of a stack by their path in its folder; a link is the line `link to TARGET`. */
export function readArtifacts(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file);
    if (entry.isSymbolicLink()) return [path, `link to ${readlinkSync(file)}\n`] as const;
    return entry.isFile() && path !== PREVIEW_FILE ? ([path, readFileSync(file, "utf8")] as const) : undefined;
  });
  return new Map(entries.filter((entry) => entry !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
