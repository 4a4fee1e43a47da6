import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesDir, noFiles, renderIgnition } from "../../butane/render/ignition.ts";
import { applyIgnition } from "./apply-ignition.ts";
import { CORPUS_FILES, corpus } from "./corpus.ts";
import { oracle, run, scratch } from "./support/host-tree.ts";

const files = filesDir(CORPUS_FILES);

describe("ignition-validate", () => {
  test.each(corpus("valid"))("$name: it accepts what is rendered", ({ source }) => {
    const config = join(scratch(), "config.ign");
    writeFileSync(config, renderIgnition(source, files));
    const validate = join(oracle("ignition-2.27.0", "butane.sh"), "ignition-validate");
    expect(run(validate, [config])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("refuses another version of the specification", () => {
    const config = join(scratch(), "config.ign");
    writeFileSync(config, renderIgnition("variant: fcos\nversion: 1.5.0\n", noFiles).replace("3.4.0", "3.99.0"));
    const validate = join(oracle("ignition-2.27.0", "butane.sh"), "ignition-validate");
    expect(run(validate, [config]).status).toBe(1);
  });
});

const SMALL = `
variant: fcos
version: 1.5.0
passwd:
  groups:
    - name: moltbot
      gid: 990
  users:
    - name: core
      ssh_authorized_keys: [ssh-ed25519 AAAA alice]
    - name: moltbot
      uid: 990
      primary_group: moltbot
      home_dir: /var/lib/moltbot
      shell: /usr/sbin/nologin
      system: true
storage:
  directories:
    - path: /var/lib/roost
      mode: 0700
  files:
    - path: /etc/roost/long
      mode: 0600
      user: {name: moltbot}
      contents: {local: long.txt}
    - path: /etc/login.defs
      append:
        - inline: "# appended\\n"
  links:
    - path: /etc/alias
      target: roost/long
  trees:
    - local: tree
      path: /opt/tree
systemd:
  units:
    - name: a.service
      enabled: true
      contents_local: a.service
      dropins:
        - name: b.conf
          contents_local: dropin.conf
    - name: zincati.service
      mask: true
`;

describe("the Ignition engine, given a small host", () => {
  let root: string;
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const owner = (path: string) => {
    const { uid, gid, mode } = lstatSync(join(root, path));
    return [uid, gid, (mode & 0o7777).toString(8)];
  };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "roost-conformance-"));
    const config = join(root, "config.ign");
    writeFileSync(config, renderIgnition(SMALL, files));
    await applyIgnition(config, root);
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test("makes the users and their groups", () => {
    expect(read("etc/passwd").split("\n").slice(1, 3)).toEqual([
      "core:x:1000:1000::/var/home/core:/bin/bash",
      "moltbot:x:990:990::/var/lib/moltbot:/usr/sbin/nologin",
    ]);
  });

  test("writes the keys where Fedora CoreOS's sshd looks for them", () => {
    expect(read("var/home/core/.ssh/authorized_keys.d/ignition")).toBe("ssh-ed25519 AAAA alice\n");
  });

  test("unpacks a compressed file and gives it to its owner", () => {
    expect(read("etc/roost/long")).toBe(readFileSync(`${CORPUS_FILES}/long.txt`, "utf8"));
    expect(owner("etc/roost/long")).toEqual([990, 0, "600"]);
  });

  test("makes a folder with its mode", () => {
    expect(owner("var/lib/roost")).toEqual([0, 0, "700"]);
  });

  test("appends to a file that is there", () => {
    expect(read("etc/login.defs")).toMatch(/^USERGROUPS_ENAB yes\n(.*\n)*# appended\n$/);
  });

  test("makes links as they are written", () => {
    expect(readlinkSync(join(root, "etc/alias"))).toBe("roost/long");
  });

  test("lays out a tree with its scripts executable and its links kept", () => {
    expect([owner("opt/tree/etc/run"), owner("opt/tree/etc.conf")]).toEqual([
      [0, 0, "755"],
      [0, 0, "644"],
    ]);
    expect(readlinkSync(join(root, "opt/tree/etc/alias"))).toBe("../deep/note.txt");
  });

  test("writes units, drop-ins, masks and presets", () => {
    expect(read("etc/systemd/system/a.service")).toBe(readFileSync(`${CORPUS_FILES}/a.service`, "utf8"));
    expect(read("etc/systemd/system/a.service.d/b.conf")).toBe("[Service]\nRestart=always\n");
    expect(readlinkSync(join(root, "etc/systemd/system/zincati.service"))).toBe("/dev/null");
    expect(read("etc/systemd/system-preset/20-ignition.preset")).toBe("enable a.service\n");
  });
});

test("a config that the engine cannot apply is an error that does not quote it", async () => {
  const [root, folder] = [scratch(), scratch()];
  const config = join(folder, "config.ign");
  const source =
    "variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n    - path: /etc/passwd\n      contents: {inline: s3cr3t}\n";
  writeFileSync(config, renderIgnition(source, noFiles));
  const failed = await applyIgnition(config, root).catch((error: unknown) => String(error));
  expect(failed).toMatch(/^Error: ignition --stage=files: CRITICAL : Ignition failed: .*\/etc\/passwd/);
  expect(failed).not.toContain("s3cr3t");
});
