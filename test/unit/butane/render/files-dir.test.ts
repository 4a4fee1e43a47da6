import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filesDir, noFiles } from "../../../../butane/render/files-dir.ts";

/** A files folder `inside` with a neighbour `outside` that must not be reached. */
function folders(): { readonly inside: string; readonly outside: string } {
  const root = mkdtempSync(join(tmpdir(), "roost-files-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [inside, outside] = [join(root, "inside"), join(root, "inside-not")];
  for (const folder of [inside, outside]) {
    mkdirSync(join(folder, "sub"), { recursive: true });
    writeFileSync(join(folder, "sub/file"), "content");
  }
  return { inside, outside };
}

test("a file is read by its path, also with . and .. that stay inside", () => {
  const files = filesDir(folders().inside);
  expect(Buffer.from(files.read("./sub/../sub/file")).toString()).toBe("content");
});

test("a path that leads out is refused, also into a neighbour whose name begins alike", () => {
  const files = filesDir(folders().inside);
  expect(() => files.read("../inside-not/sub/file")).toThrow("it leads out of the files folder");
  expect(() => files.list("..")).toThrow("it leads out of the files folder");
});

test("an absolute path counts from the folder, as in Butane", () => {
  const { inside, outside } = folders();
  expect(Buffer.from(filesDir(inside).read("/sub/file")).toString()).toBe("content");
  expect(() => filesDir(inside).read(join(outside, "sub/file"))).toThrow("there is no such file or folder");
});

test("a link that leads out is refused, whether it is the file or a folder above it", () => {
  const { inside, outside } = folders();
  symlinkSync(join(outside, "sub/file"), join(inside, "link"));
  symlinkSync("../inside-not", join(inside, "folder"));
  const files = filesDir(inside);
  for (const path of ["link", "folder/sub/file"]) {
    expect(() => files.read(path)).toThrow("a link leads out of the files folder");
  }
  expect(() => files.list("folder/sub")).toThrow("a link leads out of the files folder");
});

test("a link that stays inside is read, and a folder that is itself a link works", () => {
  const { inside } = folders();
  symlinkSync("sub/file", join(inside, "link"));
  symlinkSync(inside, `${inside}-link`);
  expect(Buffer.from(filesDir(`${inside}-link`).read("link")).toString()).toBe("content");
});

test("a tree is listed folder by folder in the order of bytes, links as links", () => {
  const { inside } = folders();
  mkdirSync(join(inside, "a"));
  mkdirSync(join(inside, "empty"));
  for (const name of ["a/2", "a.b", "B", "\u{1f99e}", "\uff21"]) writeFileSync(join(inside, name), "");
  chmodSync(join(inside, "B"), 0o710);
  symlinkSync("/etc/shadow", join(inside, "a/1"));
  expect(filesDir(inside).list(".")).toEqual([
    { path: "B", kind: "file", executable: true },
    { path: "a/1", kind: "link", target: "/etc/shadow" },
    { path: "a/2", kind: "file", executable: false },
    { path: "a.b", kind: "file", executable: false },
    { path: "sub/file", kind: "file", executable: false },
    { path: "\uff21", kind: "file", executable: false },
    { path: "\u{1f99e}", kind: "file", executable: false },
  ]);
});

test("a pipe is neither read, which would hang, nor part of a tree", () => {
  const { inside } = folders();
  spawnSync("mkfifo", [join(inside, "pipe")]);
  expect(() => filesDir(inside).read("pipe")).toThrow("it is not a file");
  expect(() => filesDir(inside).list(".")).toThrow("it holds something that is no file, folder or link");
});

test("what is missing or of another kind is refused without a path of this machine", () => {
  const { inside } = folders();
  const files = filesDir(inside);
  expect(() => files.read("absent")).toThrow(/^there is no such file or folder$/);
  expect(() => files.read("sub")).toThrow(/^it is not a file$/);
  expect(() => files.list("sub/file")).toThrow(/^it is not a folder$/);
  expect(() => files.read("sub/file/below")).toThrow(/^it cannot be read \(ENOTDIR\)$/);
  expect(() => files.read("a\0b")).toThrow(/^it cannot be read \(ERR_INVALID_ARG_VALUE\)$/);
});

test("the folder itself must be a folder", () => {
  const { inside } = folders();
  expect(() => filesDir(join(inside, "absent"))).toThrow(/^there is no such file or folder$/);
  expect(() => filesDir(join(inside, "sub/file"))).toThrow(/^it is not a folder$/);
});

test("without a folder every file is refused with the option to give", () => {
  expect(() => noFiles.read("a")).toThrow("no files folder was given (--files-dir)");
  expect(() => noFiles.list("a")).toThrow("no files folder was given (--files-dir)");
});
