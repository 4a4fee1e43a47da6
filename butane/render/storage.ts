import { posix } from "node:path";
import { type Placed, placeDirectory, placeFile, placeLink } from "./node.ts";
import { filled } from "./passwd.ts";
import { type Problems, refuseDuplicates, shown } from "./problems.ts";
import type { Context } from "./resource.ts";
import type { Storage } from "./schema.ts";
import { placeTree } from "./tree.ts";

/** A file that a unit or drop-in becomes, and where the document has it. */
export interface UnitPath {
  readonly at: string;
  readonly path: string;
}

/** Ignition's `storage`; `undefined` when it is empty. */
export function renderStorage(
  storage: Storage | undefined,
  unitPaths: readonly UnitPath[],
  context: Context,
): object | undefined {
  const placed: Placed[] = [
    ...(storage?.directories ?? []).map((one, index) => placeDirectory(one, `storage.directories[${index}]`, context)),
    ...(storage?.files ?? []).map((one, index) => placeFile(one, `storage.files[${index}]`, context)),
    ...(storage?.links ?? []).map((one, index) => placeLink(one, `storage.links[${index}]`, context)),
  ];
  for (const [index, tree] of (storage?.trees ?? []).entries()) {
    placeTree(tree, `storage.trees[${index}]`, placed, context);
  }
  if (placed.length === 0) return undefined;
  checkPaths(placed, unitPaths, context.problems);
  checkLinks(placed, context.problems);
  for (const one of placed) {
    if (one.section === "files") checkFile(one, context.problems);
  }
  const section = (name: Placed["section"]) =>
    filled(placed.filter((one) => one.section === name).map(({ node }) => node));
  return { directories: section("directories"), files: section("files"), links: section("links") };
}

function checkPaths(placed: readonly Placed[], unitPaths: readonly UnitPath[], problems: Problems): void {
  refuseDuplicates(
    placed.map(({ pathAt, node }) => ({ at: pathAt, key: node.path, isName: true })),
    problems,
  );
  const units = new Map(unitPaths.map(({ at, path }) => [path, at]));
  const links = placed.filter((one) => one.section === "links");
  for (const { pathAt, node } of placed) {
    const unit = units.get(node.path);
    if (unit !== undefined)
      problems.add(pathAt, `must not be the file of a unit or drop-in, got ${shown(node.path)} as in ${unit}`);
    const above = links.find((link) => node.path.startsWith(`${link.node.path}/`));
    // Ignition could follow the link to anywhere.
    if (above !== undefined)
      problems.add(pathAt, `must not lie below a link, got ${shown(node.path)} below ${above.pathAt}`);
  }
}

function checkFile({ at, node }: Placed & { readonly section: "files" }, problems: Problems): void {
  for (const [index, one] of (node.append ?? []).entries()) checkVerification(one, `${at}.append[${index}]`, problems);
  checkVerification(node.contents ?? {}, `${at}.contents`, problems);
  if (node.overwrite === true && node.contents?.source === undefined) {
    problems.add(`${at}.overwrite`, "must be left out or false, because the file has no contents");
  }
}

function checkVerification(
  { source, verification }: { readonly source?: string; readonly verification?: object },
  at: string,
  problems: Problems,
): void {
  if (verification !== undefined && source === undefined) {
    problems.add(`${at}.verification`, "must come with one of inline, local and source, got none");
  }
}

function checkLinks(placed: readonly Placed[], problems: Problems): void {
  const directories = new Set(placed.filter(({ section }) => section === "directories").map(({ node }) => node.path));
  for (const one of placed) {
    if (one.section !== "links") continue;
    const { at, node } = one;
    if (node.target === undefined || node.target === "") {
      problems.add(`${at}.target`, "must be given, got nothing");
    } else if (node.hard === true) {
      const target = node.target.startsWith("/") ? posix.normalize(node.target) : posix.join(node.path, node.target);
      if (directories.has(target))
        problems.add(`${at}.target`, `must not be a directory for a hard link, got ${shown(target)}`);
      for (const owner of ["user", "group"] as const) {
        if (node[owner] !== undefined)
          problems.add(`${at}.${owner}`, "must be left out: a hard link has no owner of its own");
      }
    }
  }
}
