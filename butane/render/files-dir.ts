import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";

/** A file or symbolic link of a tree; `path` is relative to the tree's folder, with slashes. */
export type TreeEntry =
  | { readonly path: string; readonly kind: "file"; readonly executable: boolean }
  | { readonly path: string; readonly kind: "link"; readonly target: string };

/** What `local` and `contents_local` may refer to; both methods throw a `FilesDirError`. */
export interface FilesDir {
  /** The bytes of a file, by its path relative to the folder. */
  read(path: string): Uint8Array;
  /** Every file and link below a folder, as a walk that sorts each folder by bytes meets them. */
  list(path: string): readonly TreeEntry[];
}

/** Why a path of a files folder cannot be used; the message completes `must ..., got <path>:`. */
export class FilesDirError extends Error {
  override readonly name = "FilesDirError";
}

/** For documents that refer to no file. */
export const noFiles: FilesDir = {
  read: () => {
    throw new FilesDirError("no files folder was given (--files-dir)");
  },
  list: () => {
    throw new FilesDirError("no files folder was given (--files-dir)");
  },
};

/**
 * Gives a document the files of one folder and of no other: a path or a link that leads out of it is refused.
 * Butane follows such a link, so a document from elsewhere could embed any file of the machine that renders it.
 * @throws FilesDirError when there is no such folder
 */
export function filesDir(folder: string): FilesDir {
  const base = known(() => {
    if (!statSync(folder).isDirectory()) throw new FilesDirError("it is not a folder");
    return realpathSync(folder);
  });

  function locate(path: string): string {
    // Without a slash at the end, which would make a link count as its folder.
    const lexical = resolve(join(base, path));
    if (!within(base, lexical)) throw new FilesDirError("it leads out of the files folder");
    const real = known(() => realpathSync(lexical));
    if (!within(base, real)) throw new FilesDirError("a link leads out of the files folder");
    return lexical;
  }

  return {
    read(path) {
      const full = locate(path);
      return known(() => {
        if (!statSync(full).isFile()) throw new FilesDirError("it is not a file");
        return readFileSync(full);
      });
    },
    list(path) {
      const full = locate(path);
      return known(() => {
        if (!lstatSync(full).isDirectory()) throw new FilesDirError("it is not a folder");
        return walk(full, "");
      });
    },
  };
}

function walk(folderPath: string, prefix: string): readonly TreeEntry[] {
  const names = readdirSync(folderPath).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.flatMap((name) => {
    const full = join(folderPath, name);
    const path = `${prefix}${name}`;
    const info = lstatSync(full);
    if (info.isDirectory()) return walk(full, `${path}/`);
    if (info.isSymbolicLink()) return [{ path, kind: "link", target: readlinkSync(full) }];
    if (info.isFile()) return [{ path, kind: "file", executable: (info.mode & 0o111) !== 0 }];
    throw new FilesDirError("it holds something that is no file, folder or link");
  });
}

function within(base: string, path: string): boolean {
  return path === base || path.startsWith(base.endsWith(sep) ? base : base + sep);
}

/** Turns what the system says into a reason without a path of this machine. */
function known<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof FilesDirError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new FilesDirError(code === "ENOENT" ? "there is no such file or folder" : `it cannot be read (${code})`);
  }
}
