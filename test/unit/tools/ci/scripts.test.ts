import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";

const repository = new URL("../../../../", import.meta.url).pathname;

/** A folder with a copy of these scripts of the repository, and these files beside them; `bin/` holds stubs. */
function folderWith(scripts: readonly string[], files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "roost-script-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const script of scripts) cpSync(join(repository, script), join(root, script));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o755 });
  }
  return root;
}

function run(root: string, script: string, env: Record<string, string>): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("/bin/bash", [join(root, script)], { encoding: "utf8", env });
  return { status, said: stdout + stderr };
}

const withStubs = (root: string): string => `${join(root, "bin")}:/usr/bin:/bin`;

describe("shellcheck.sh", () => {
  const script = "tools/ci/shellcheck.sh";

  test("checks what is a shell script by name, shebang or directive, and nothing else", () => {
    const root = folderWith([script], {
      "bin/shellcheck": '#!/bin/sh\nprintf "%s\\n" "$@"\n',
      "a script.sh": "",
      "host/roost-sync": "#!/usr/bin/env bash\n",
      "host/posix": "#!/bin/sh -e\n",
      "host/common": "# shellcheck shell=bash",
      "host/tool.py": "#!/usr/bin/env python3\n",
      "host/ssh": "#!/usr/bin/expect\n",
      "host/binary": "\0\u0001",
      "host/empty": "",
      "ignored/old.sh": "",
      ".gitignore": "ignored/\nbin/\n",
    });
    spawnSync("git", ["init", "--quiet", root]);
    expect(run(root, script, { PATH: withStubs(root) })).toEqual({
      status: 0,
      said: [
        "--external-sources",
        "a script.sh",
        "host/common",
        "host/posix",
        "host/roost-sync",
        script,
        "shellcheck: 5 scripts\n",
      ].join("\n"),
    });
  });

  test("fails when shellcheck does", () => {
    const root = folderWith([script], { "bin/shellcheck": "#!/bin/sh\nexit 1\n" });
    spawnSync("git", ["init", "--quiet", root]);
    expect(run(root, script, { PATH: withStubs(root) })).toEqual({ status: 1, said: "" });
  });

  const absent =
    "shellcheck is not installed, so no shell script was checked: apt-get install shellcheck, brew install shellcheck\n";

  test.each([
    ["passes on a developer's machine", {}, 0],
    ["fails in CI", { CI: "true" }, 1],
  ])("says that shellcheck is missing, and %s", (_, env, status) => {
    const root = folderWith([script], { "bin/readme": "" });
    symlinkSync("/usr/bin/dirname", join(root, "bin/dirname"));
    expect(run(root, script, { ...env, PATH: join(root, "bin") })).toEqual({ status, said: absent });
  });
});

describe("oracles.sh", () => {
  const script = "tools/ci/oracles.sh";
  const good = "#!/bin/sh\necho chatter\n";

  test("says nothing of a good oracle but that it is ready", () => {
    const root = folderWith([script], { "test/conformance/oracles/butane.sh": good });
    const { status, said } = run(root, script, { PATH: withStubs(root) });
    expect(said).toMatch(/^oracle butane: ready after \d+ s\n$/);
    expect(status).toBe(0);
  });

  test("names the oracle that failed with the end of its output, and builds the others", () => {
    const root = folderWith([script], {
      "test/conformance/oracles/a.sh": "#!/bin/sh\nseq 1 100\necho no such module >&2\nexit 3\n",
      "test/conformance/oracles/b.sh": good,
      "test/conformance/oracles/lib/c.sh": good,
    });
    const { status, said } = run(root, script, { PATH: withStubs(root) });
    expect(said).toMatch(
      /oracle a: failed after \d+ s with status 3; the end of its output:\n82\n[\d\n]*\n100\nno such module\n/,
    );
    expect(said.match(/^oracle (\w+): ready/gm)).toEqual(["oracle b: ready"]);
    expect(status).toBe(1);
  });
});

describe("the conformance tier", () => {
  test("says in one line what the machine lacks, and fails", () => {
    const script = "test/conformance/run.sh";
    const root = folderWith([script], { "bin/id": "#!/bin/sh\necho 1000\n" });
    symlinkSync("/usr/bin/dirname", join(root, "bin/dirname"));
    expect(run(root, script, { PATH: join(root, "bin") })).toEqual({
      status: 1,
      said: "conformance: did not run, this machine lacks Debian's apt, root, Go 1.26.4 or later, Python 3.11 or later\n",
    });
  });
});

/** The steps and tiers of `.ci/run`: each step counts as one, each tier's tests one by one. */
const ciRun = readFileSync(join(repository, ".ci/run"), "utf8");
const STEPS = ciRun.match(/^check /gm)?.length ?? 0;
const TIERS = ciRun.match(/^tier /gm)?.length ?? 0;

/** A branch of a shell `case` that does what a tier of tests does: it leaves its numbers. */
const counted = (tier: string, count: string): string => `${tier}) echo ${count} >"$ROOST_COUNT_FILE";;`;

/** Stubs for all that `.ci/run` calls; `npm` answers by these branches, and every tier not named in them has one good test. */
const stubs = (npm: string): Record<string, string> => ({
  "bin/apt-get": "#!/bin/sh\n",
  "bin/timeout": '#!/bin/sh\nshift\nexec "$@"\n',
  "bin/npm": `#!/bin/sh\ncase "$*" in\n${npm}\n${counted('test | "run test:"*', "1 0")}\nesac\n`,
  "tools/ci/oracles.sh": "echo oracle butane: ready\n",
});

const lastLine = (said: string): string | undefined => said.trimEnd().split("\n").at(-1);

describe(".ci/run", () => {
  test("counts every step as one and every test of a tier", () => {
    const root = folderWith([".ci/run"], stubs(counted("test", "200 0") + counted('"run test:conformance"', "90 0")));
    const { status, said } = run(root, ".ci/run", { PATH: withStubs(root) });
    expect(lastLine(said)).toBe(`${STEPS + TIERS - 2 + 290} passed, 0 failed`);
    expect(status).toBe(0);
  });

  test.each([
    ["a failed step", '"run lint") exit 1;;', -1, 1],
    ["failed tests", counted("test", "5 2") + counted('"run test:conformance"', "5 1"), 8, 3],
    ["a tier that could not run", '"run test:conformance") exit 1;;', -1, 1],
    ["a tier without a single test", counted('"run test:conformance"', "0 0"), -1, 1],
    ["a tier that fails outside its tests", 'test) echo 5 0 >"$ROOST_COUNT_FILE"; exit 1;;', 4, 1],
  ])("fails for %s", (_, npm, difference, failed) => {
    const root = folderWith([".ci/run"], stubs(npm));
    const { status, said } = run(root, ".ci/run", { PATH: withStubs(root) });
    expect(lastLine(said)).toBe(`${STEPS + TIERS + difference} passed, ${failed} failed`);
    expect(status).toBe(1);
  });

  test("prints one line of numbers only", () => {
    const root = folderWith([".ci/run"], stubs(""));
    const { said } = run(root, ".ci/run", { PATH: withStubs(root) });
    expect(said.match(/^\d+ passed, \d+ failed$/gm)).toHaveLength(1);
  });
});
