import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { ReleaseEntry } from "../../quadlets/release-file.ts";

/** What runs on a host, as it lies in the repository. */
const HOST = join(import.meta.dirname, "../../host");

/** Part of the user data: what a host is born with cannot come with a release. */
const BORN = "roost-birth";

/** Asks for a link in the folder of wants of a unit, because nothing on a host is ever enabled. */
const WANTED_BY = /^# wanted-by: (?<target>[\w@.-]+)$/gm;

let known: readonly ReleaseEntry[] | undefined;

/** The scripts of a host below `host/`, and its systemd units below `units/` with the links that they ask for. */
export function hostFiles(): readonly ReleaseEntry[] {
  known ??= readdirSync(HOST, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(HOST, join(file.parentPath, file.name)).replaceAll(sep, "/"))
    .filter((path) => path !== BORN)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((path) => entriesOf(path, readFileSync(join(HOST, path), "utf8")));
  return known;
}

function entriesOf(path: string, content: string): ReleaseEntry[] {
  if (!path.startsWith("units/")) {
    return [{ path: `host/${path}`, content, mode: content.startsWith("#!") ? 0o755 : 0o644 }];
  }
  const unit = path.slice("units/".length);
  const links = [...content.matchAll(WANTED_BY)].map(({ groups }) => ({
    path: `units/${groups?.["target"]}.wants/${unit}`,
    target: `../${unit}`,
  }));
  return [{ path, content, mode: 0o644 }, ...links];
}
