import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const check = new URL("../../../tools/check.cjs", import.meta.url).pathname;

/** Runs the check in a repository that has these files under `node_modules`, as if by the given version of Node. */
function checked(files: readonly string[], version: string): { status: number | null; said: string } {
  const root = mkdtempSync(join(tmpdir(), "roost-check-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(check, join(root, "tools/check.cjs"));
  writeFileSync(
    join(root, "package.json"),
    '{ "dependencies": { "@a/b": "1.0.0" }, "devDependencies": { "node": "1.0.0" } }',
  );
  for (const file of files) {
    mkdirSync(dirname(join(root, "node_modules", file)), { recursive: true });
    writeFileSync(join(root, "node_modules", file), "");
  }
  const stub = join(root, "version.cjs");
  writeFileSync(stub, `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", stub, join(root, "tools/check.cjs")], {
    encoding: "utf8",
  });
  return { status, said: stdout + stderr };
}

const packages = ["@a/b/package.json", "node/package.json"];
const complete = [...packages, "node/bin/node"];

test.each(["22.18.0", "24.0.0"])("has nothing to say when all is there and Node is %s", (version) => {
  expect(checked(complete, version)).toEqual({ status: 0, said: "" });
});

test("asks for npm ci when nothing is installed", () => {
  expect(checked([], "24.0.0")).toEqual({
    status: 2,
    said: "roost: the packages are not installed: run `npm ci`\n",
  });
});

test("names the package that is missing", () => {
  expect(checked(["@a/b/package.json"], "24.0.0")).toEqual({
    status: 2,
    said: "roost: not installed: node: run `npm ci`\n",
  });
});

test.each(["20.20.2", "22.17.1"])("points Node %s to npm run, which starts the pinned one", (version) => {
  expect(checked(complete, version)).toEqual({
    status: 2,
    said: `roost: Node ${version} is too old: start this through \`npm run\`, which puts the pinned Node first\n`,
  });
});

test("says why there is no pinned Node when its install script did not run", () => {
  expect(checked(packages, "20.20.2")).toEqual({
    status: 2,
    said: "roost: Node 20.20.2 is too old and the pinned one is not installed: run `npm ci` without --ignore-scripts\n",
  });
});
