import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { completeLock, type Lock, missingPackages } from "../../../tools/lockfile/complete.ts";

const committedText = readFileSync(new URL("../../../package-lock.json", import.meta.url), "utf8");
const committed = JSON.parse(committedText) as Lock;

const lock = (optionalDependencies: Record<string, string>, parent: Lock["packages"][string] = {}): Lock => ({
  packages: {
    "node_modules/linter": { version: "1.2.3", ...parent, optionalDependencies },
    "node_modules/zebra": { version: "2.0.0" },
  },
});

describe("the committed lock file", () => {
  test("holds every optional package of every platform, so that npm ci takes it", () => {
    expect(Object.keys(missingPackages(committed))).toEqual([]);
  });

  test("says nowhere which registry a package came from", () => {
    const resolved = Object.entries(committed.packages).filter(([, locked]) => locked.resolved !== undefined);
    expect(resolved.map(([place]) => place)).toEqual([]);
  });

  test("pins by hash every package but the optional ones of other platforms", () => {
    const unpinned = Object.entries(committed.packages).filter(
      ([place, { integrity, optional }]) => place !== "" && integrity === undefined && optional !== true,
    );
    expect(unpinned.map(([place]) => place)).toEqual([]);
  });

  test("is in the format that the tool writes", () => {
    expect(`${JSON.stringify(completeLock(committed), null, 2)}\n`).toBe(committedText);
  });
});

describe("completing a lock file", () => {
  test.each([
    ["@linter/cli-darwin-arm64", { cpu: ["arm64"], os: ["darwin"] }],
    ["@linter/cli-linux-x64", { cpu: ["x64"], os: ["linux"] }],
    ["@linter/cli-linux-x64-musl", { cpu: ["x64"], libc: ["musl"], os: ["linux"] }],
    ["@linter/binding-linux-arm-gnueabihf", { cpu: ["arm"], libc: ["glibc"], os: ["linux"] }],
    ["@linter/binding-linux-arm-musleabihf", { cpu: ["arm"], libc: ["musl"], os: ["linux"] }],
    ["@linter/binding-win32-ia32-msvc", { cpu: ["ia32"], os: ["win32"] }],
    ["@linter/binding-android-arm-eabi", { cpu: ["arm"], os: ["android"] }],
  ])("reads the platform from the name %s", (name, platform) => {
    expect(missingPackages(lock({ [name]: "1.2.3" }))).toEqual({
      [`node_modules/${name}`]: { version: "1.2.3", ...platform, optional: true },
    });
  });

  test("marks a package as its parent is marked", () => {
    const missing = missingPackages(lock({ "linter-linux-x64-gnu": "1.2.3" }, { dev: true, peer: true }));
    expect(missing["node_modules/linter-linux-x64-gnu"]).toMatchObject({ dev: true, peer: true });
  });

  test("writes the keys of a package in npm's order", () => {
    const missing = missingPackages(lock({ "linter-linux-x64-gnu": "1.2.3" }, { dev: true, peer: true }));
    expect(Object.keys(missing["node_modules/linter-linux-x64-gnu"] ?? {})).toEqual([
      "version",
      "cpu",
      "dev",
      "libc",
      "optional",
      "os",
      "peer",
    ]);
  });

  test("puts a package where npm's order wants it", () => {
    const done = completeLock(lock({ "linter-linux-x64": "1.2.3" }));
    expect(Object.keys(done.packages)).toEqual([
      "node_modules/linter",
      "node_modules/linter-linux-x64",
      "node_modules/zebra",
    ]);
  });

  test("adds nothing the second time", () => {
    const done = completeLock(lock({ "linter-linux-x64": "1.2.3" }));
    expect(completeLock(done)).toEqual(done);
  });

  test.each([
    "node_modules/linter-linux-x64",
    "node_modules/host/node_modules/linter-linux-x64",
    "node_modules/host/node_modules/linter/node_modules/linter-linux-x64",
  ])("finds what lies at %s", (place) => {
    const nested = { optionalDependencies: { "linter-linux-x64": "1.2.3" } };
    expect(missingPackages({ packages: { "node_modules/host/node_modules/linter": nested, [place]: {} } })).toEqual({});
  });

  test("does not take a package of another parent for its own", () => {
    const other = lock({ "linter-linux-x64": "1.2.3" });
    const packages = { ...other.packages, "node_modules/zebra/node_modules/linter-linux-x64": {} };
    expect(Object.keys(missingPackages({ packages }))).toEqual(["node_modules/linter-linux-x64"]);
  });

  test("refuses to guess a version", () => {
    expect(() => missingPackages(lock({ "linter-linux-x64": "~1.2.3" }))).toThrow(
      "linter-linux-x64 ~1.2.3 is missing and has no exact version: lock it where the registry serves it",
    );
  });

  test("refuses to guess a platform", () => {
    expect(() => missingPackages(lock({ fsevents: "2.3.3" }))).toThrow(
      "fsevents is missing and its name says no platform: lock it where the registry serves it",
    );
  });
});

describe("npm run lockfile", () => {
  const tools = new URL("../../../tools", import.meta.url).pathname;

  function repository(files: Lock): {
    run: (...args: string[]) => { status: number | null; said: string };
    file: string;
  } {
    const root = mkdtempSync(join(tmpdir(), "roost-lockfile-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const file = join(root, "package-lock.json");
    for (const name of ["lockfile.ts", "lockfile"])
      cpSync(join(tools, name), join(root, "tools", name), { recursive: true });
    writeFileSync(join(root, "package.json"), '{ "type": "module" }');
    writeFileSync(file, JSON.stringify(files));
    return {
      file,
      run: (...args) => {
        const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "tools/lockfile.ts"), ...args], {
          encoding: "utf8",
        });
        return { status, said: stdout + stderr };
      },
    };
  }

  test("only names what is missing with --check, and exits 1", () => {
    const files = lock({ "linter-linux-x64": "1.2.3" });
    const { run, file } = repository(files);
    expect(run("--check")).toEqual({
      status: 1,
      said: "package-lock.json lacks node_modules/linter-linux-x64: run npm run lockfile\n",
    });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(files);
  });

  test("completes the file, so that --check has nothing to say", () => {
    const { run } = repository(lock({ "linter-linux-x64": "1.2.3" }));
    expect(run()).toEqual({ status: 0, said: "package-lock.json: added for other platforms: 1\n" });
    expect(run("--check")).toEqual({ status: 0, said: "" });
  });

  test("says in one line what it cannot complete", () => {
    const { run } = repository(lock({ "linter-linux-x64": "~1.2.3" }));
    expect(run()).toEqual({
      status: 1,
      said: "package-lock.json: linter-linux-x64 ~1.2.3 is missing and has no exact version: lock it where the registry serves it\n",
    });
  });

  test("refuses an argument that it does not know", () => {
    const { run } = repository(lock({}));
    expect(run("--chek")).toEqual({ status: 2, said: "usage: npm run lockfile [-- --check]\n" });
  });
});
