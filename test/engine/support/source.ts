import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "./project.ts";

/** Edits a source of a project's copy, as a new version of roost would. */
export function editSource({ folder }: Project, path: string, text: string, replacement: string): void {
  const file = join(folder, path);
  const source = readFileSync(file, "utf8");
  if (!source.includes(text)) throw new Error(`${path} has no ${text}`);
  writeFileSync(file, source.replace(text, replacement));
}
