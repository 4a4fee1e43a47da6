import { posix } from "node:path";
import { checkMode } from "./mode.ts";
import { filled } from "./passwd.ts";
import { type Problems, shown } from "./problems.ts";
import { type Context, type IgnitionResource, renderResource } from "./resource.ts";
import type { Directory, File, Link, Owner } from "./schema.ts";

interface IgnitionNode {
  readonly group: object | undefined;
  readonly overwrite: boolean | undefined;
  readonly path: string;
  readonly user: object | undefined;
}

interface Place {
  readonly at: string;
  readonly pathAt: string;
}

/** A folder, file or link of the rendered machine; `at` is where the document asks for it, `pathAt` where its path stands. */
export type Placed =
  | (Place & { readonly section: "directories"; readonly node: IgnitionNode & { mode: number | undefined } })
  | (Place & {
      readonly section: "files";
      readonly node: IgnitionNode & {
        readonly append: readonly IgnitionResource[] | undefined;
        contents: IgnitionResource | undefined;
        mode: number | undefined;
      };
    })
  | (Place & {
      readonly section: "links";
      readonly node: IgnitionNode & { readonly hard: boolean | undefined; target: string | undefined };
    });

/** Renders an entry of `storage.directories`. */
export function placeDirectory(directory: Directory, at: string, { problems }: Context): Placed {
  checkMode(directory.mode, "directory", `${at}.mode`, problems);
  return {
    at,
    pathAt: `${at}.path`,
    section: "directories",
    node: { ...renderNode(directory, at, problems), mode: directory.mode },
  };
}

/** Renders an entry of `storage.files`. */
export function placeFile(file: File, at: string, context: Context): Placed & { readonly section: "files" } {
  checkMode(file.mode, "file", `${at}.mode`, context.problems);
  const append = file.append?.map((one, index) => renderResource(one, `${at}.append[${index}]`, context) ?? {});
  const node = {
    ...renderNode(file, at, context.problems),
    append: filled(append),
    contents: renderResource(file.contents, `${at}.contents`, context),
    mode: file.mode,
  };
  return { at, pathAt: `${at}.path`, section: "files", node };
}

/** Renders an entry of `storage.links`. */
export function placeLink(link: Link, at: string, { problems }: Context): Placed {
  const node = { ...renderNode(link, at, problems), hard: link.hard, target: link.target };
  return { at, pathAt: `${at}.path`, section: "links", node };
}

function renderNode(node: Omit<Directory, "mode">, at: string, problems: Problems): IgnitionNode {
  const path = node.path ?? "";
  if (!path.startsWith("/") || (path !== "/" && path.endsWith("/")) || posix.normalize(path) !== path) {
    problems.add(`${at}.path`, `must be an absolute path without . or .. or a slash too many, got ${shown(path)}`);
  }
  return {
    group: renderOwner(node.group, `${at}.group`, problems),
    overwrite: node.overwrite,
    path,
    user: renderOwner(node.user, `${at}.user`, problems),
  };
}

function renderOwner(owner: Owner | undefined, path: string, problems: Problems): object | undefined {
  if (owner?.id === undefined && owner?.name === undefined) return undefined;
  if (owner.id !== undefined && owner.name !== undefined && owner.name !== "") {
    problems.add(path, "must have one of id and name, got both");
  }
  return { id: owner.id, name: owner.name };
}
