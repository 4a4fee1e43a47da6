import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ignition } from "../../../tools/ignition.ts";

const USAGE = "usage: npm run -s ignition -- FILE.bu [--files-dir DIR]\n";

function write(content: string | Uint8Array): { readonly file: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "roost-ignition-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "host.bu");
  writeFileSync(file, content);
  return { file, folder };
}

test("a file is rendered with one line end", () => {
  const { file } = write("variant: fcos\nversion: 1.5.0\n");
  expect(ignition([file])).toEqual({ status: 0, stdout: '{"ignition":{"version":"3.4.0"}}\n', stderr: "" });
});

test("local files come from the folder of --files-dir", () => {
  const { file, folder } = write(
    "variant: fcos\nversion: 1.5.0\nstorage: {files: [{path: /etc/a, contents: {local: a}}]}\n",
  );
  writeFileSync(join(folder, "a"), "hi");
  const stdout =
    '{"ignition":{"version":"3.4.0"},"storage":{"files":[{"path":"/etc/a","contents":{"compression":"","source":"data:,hi"}}]}}\n';
  expect(ignition(["--files-dir", folder, file])).toEqual({ status: 0, stdout, stderr: "" });
});

test("each key outside the subset is a line on stderr", () => {
  const { file } = write("variant: fcos\nversion: 1.5.0\nignition: {}\nstorage: {disks: []}\n");
  expect(ignition([file])).toEqual({
    status: 1,
    stdout: "",
    stderr:
      "ignition is not supported: the document takes variant, version, kernel_arguments, passwd, storage, systemd\n" +
      "storage.disks is not supported: storage takes directories, files, links, trees\n",
  });
});

test.each([
  { args: [], why: "no file" },
  { args: ["a.bu", "b.bu"], why: "two files" },
  { args: ["a.bu", "--unknown"], why: "an unknown option" },
  { args: ["a.bu", "--files-dir"], why: "an option without its value" },
])("wrong usage shows how it is meant: $why", ({ args }) => {
  expect(ignition(args)).toEqual({ status: 2, stdout: "", stderr: USAGE });
});

test("a file that cannot be read is one line", () => {
  const { file, folder } = write(new Uint8Array([0xff]));
  expect(ignition([`${file}.absent`]).stderr).toBe(`${file}.absent does not exist\n`);
  expect(ignition([folder]).stderr).toBe(`${folder} cannot be read (EISDIR)\n`);
  expect(ignition([file])).toEqual({ status: 1, stdout: "", stderr: `${file} must be text in UTF-8\n` });
});

test("a folder that is none is one line", () => {
  const { file } = write("variant: fcos\nversion: 1.5.0\n");
  expect(ignition([file, "--files-dir", file])).toEqual({
    status: 1,
    stdout: "",
    stderr: `--files-dir must be a folder, got ${file}: it is not a folder\n`,
  });
});

test("started as a program it prints and exits", () => {
  const { file } = write("variant: fcos\nversion: 1.5.0\n");
  const script = join(import.meta.dirname, "../../../tools/ignition.ts");
  const good = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  expect([good.status, good.stdout]).toEqual([0, '{"ignition":{"version":"3.4.0"}}\n']);
  const bad = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect([bad.status, bad.stderr]).toEqual([2, USAGE]);
});
