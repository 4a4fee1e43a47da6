import { posix } from "node:path";
import { FilesDirError, type TreeEntry } from "./files-dir.ts";
import { type Placed, placeFile, placeLink } from "./node.ts";
import { shown } from "./problems.ts";
import { type Context, dataUrl, readLocal } from "./resource.ts";
import type { Tree } from "./schema.ts";

/** Appends a folder's files and links; a declared file without contents, or link without target, gets the tree's. */
export function placeTree({ local, path }: Tree, at: string, placed: Placed[], context: Context): void {
  const base = path === undefined || path === "" ? "/" : path;
  if (!base.startsWith("/")) {
    context.problems.add(`${at}.path`, `must be an absolute path, got ${shown(base)}`);
    return;
  }
  const taken = new Map(placed.map((one) => [one.node.path, one]));
  for (const entry of listTree(local, at, context)) {
    const target = posix.join(base, entry.path);
    const where = `${at} at ${JSON.stringify(target)}`;
    const before = taken.get(target);
    if (entry.kind === "link") {
      if (before === undefined)
        placed.push({ ...placeLink({ path: target, target: entry.target }, where, context), pathAt: where });
      else if (before.section === "links" && !before.node.target) before.node.target = entry.target;
      else refuse(where, before, context);
    } else if (before !== undefined && (before.section !== "files" || before.node.contents?.source)) {
      refuse(where, before, context);
    } else {
      const file = before ?? placeFile({ path: target }, where, context);
      const bytes = readLocal(posix.join(local ?? "", entry.path), where, context);
      const verification = file.node.contents?.verification;
      file.node.contents = { ...dataUrl(bytes), ...(verification === undefined ? {} : { verification }) };
      file.node.mode ??= entry.executable ? 0o755 : 0o644;
      if (before === undefined) placed.push({ ...file, pathAt: where });
    }
  }
}

function refuse(where: string, before: Placed, { problems }: Context): void {
  problems.add(where, `must be a path of its own, got that of ${before.at}`);
}

function listTree(local: string | undefined, at: string, { files, problems }: Context): readonly TreeEntry[] {
  if (local === undefined || local === "") {
    problems.add(`${at}.local`, "must name a folder of the files folder, got nothing");
    return [];
  }
  try {
    return files.list(local);
  } catch (error) {
    if (!(error instanceof FilesDirError)) throw error;
    problems.add(`${at}.local`, `must name a folder of the files folder, got ${shown(local)}: ${error.message}`);
    return [];
  }
}
