import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { run } from "../conformance/support/host-tree.ts";
import { build, configOf, goFolders, layersOf, MACHINE, rootOf, sizeReport } from "./support/builder.ts";
import { ownersOf } from "./support/checks.ts";

const options = {
  args: { BUILDER: "localhost/debian:trixie" },
  mounts: {
    ...goFolders,
    "/root/.config/go/env:ro": join(MACHINE, "go.env"),
    // Debian trusts what lies here as soon as ca-certificates is installed.
    "/usr/local/share/ca-certificates/machine.crt:ro": join(MACHINE, "ca.crt"),
  },
};

describe("the restic image", () => {
  let image = "";
  let root = "";
  let release = (): void => undefined;

  beforeAll(async () => {
    image = await build("restic", "first", options);
    ({ root, release } = rootOf(image));
    console.log(sizeReport(image));
  });
  afterAll(() => release());

  test("is one file, root's", () => {
    const { stdout } = run("find", [root, "-mindepth", "1", "-printf", "%y /%P\\n"]);
    expect(stdout).toBe("d /usr\nd /usr/bin\nf /usr/bin/restic\n");
    expect(ownersOf(root, "/usr/bin/restic").at(-1)).toBe("0:0 755 /usr/bin/restic");
  });

  test("has a command, without which Podman creates no container to copy from", () => {
    expect(configOf(image).Entrypoint).toEqual(["/usr/bin/restic"]);
  });

  test("is restic 0.18.1, which needs no library of the host to keep a file and give it back", () => {
    const folder = mkdtempSync(join(tmpdir(), "roost-restic-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(root, "usr/bin/restic");
    writeFileSync(join(folder, "password"), "of the test");
    writeFileSync(join(folder, "memory"), "what the agent knows");
    const restic = (...args: string[]) => {
      const common = ["--no-cache", "--repo", join(folder, "repository"), "--password-file", join(folder, "password")];
      const { status, stdout, stderr } = run(program, [...common, ...args]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return stdout;
    };
    expect(run("file", ["--brief", program]).stdout).toContain("statically linked");
    expect(restic("version")).toMatch(/^restic 0\.18\.1 /);
    restic("init");
    restic("backup", join(folder, "memory"));
    expect(restic("dump", "latest", join(folder, "memory"))).toBe("what the agent knows");
  });

  test("has the same layers when it is built again", async () => {
    const again = await build("restic", "second", options);
    expect(layersOf(again)).toEqual(layersOf(image));
  });
});
