import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scratch } from "../conformance/support/host-tree.ts";
import { build, configOf, layersOf, rootOf, sizeReport } from "./support/builder.ts";
import { credentials, setuidFiles, writableByAll } from "./support/checks.ts";
import { environmentOf, inside, type Said } from "./support/container.ts";

const options = { args: { BASE: "localhost/node:24-trixie" }, mounts: {} };

/** Programs of a few lines, each of which prints what it is. */
const PROGRAMS = {
  node: `node -e 'console.log("node", process.versions.node.split(".")[0])'`,
  "node's package runner": `printf '{"name":"a","version":"1.0.0"}' >package.json; npm pkg get name`,
  go: `printf 'package main\nfunc main() { println("go") }\n' >a.go; go run a.go`,
  "go's tests": `printf 'module a\n' >go.mod
    printf 'package a\nimport "testing"\nfunc TestA(t *testing.T) {}\n' >a_test.go; go test . | cut -f1`,
  rust: `printf 'fn main() { println!("rust") }' >a.rs; rustc a.rs && ./a`,
  cargo: `cargo init --quiet --vcs none --name a . && cargo run --quiet --offline`,
  c: `printf 'int main() { return 7; }' >a.c; cc a.c -o a; ./a; echo $?`,
  python: `python3 -m venv --without-pip v && v/bin/python -c 'print("python")'`,
  git: `git init --quiet . && git -c user.name=a -c user.email=a@example.com commit --quiet --allow-empty -m b &&
    git log --format=%s`,
  gh: `gh --version | cut -d' ' -f1 | head -1`,
  tools: `for tool in curl fd file jq less make patch rg rsync sqlite3 ssh tree unzip xz zip; do
    command -v "$tool" >/dev/null || echo "no $tool"; done`,
};

describe("the sandbox image", () => {
  let image = "";
  let root = "";
  let release = (): void => undefined;

  beforeAll(async () => {
    image = await build("moltbot-sandbox", "first", options);
    ({ root, release } = rootOf(image));
    console.log(sizeReport(image));
  });
  afterAll(() => release());

  /** As OpenClaw runs it: the workspace alone can be written, and there is no network. */
  function sandboxed(script: string): Promise<Said> {
    const workspace = join(scratch(), "workspace");
    mkdirSync(workspace);
    chownSync(workspace, 1000, 1000);
    const environment = environmentOf(configOf(image));
    return inside({ root, environment, volumes: [`${workspace}:/workspace`] }, `cd /workspace; ${script}`);
  }

  test("runs as uid 1000 and waits for commands", () => {
    const { User, Entrypoint, Cmd, WorkingDir } = configOf(image);
    expect({ User, Entrypoint, Cmd, WorkingDir }).toEqual({
      User: "1000:1000",
      Entrypoint: [],
      Cmd: ["sleep", "infinity"],
      WorkingDir: "/workspace",
    });
  });

  test("has no setuid file", () => {
    expect(setuidFiles(root)).toEqual([]);
  });

  test("has nothing that anyone may write", () => {
    expect(writableByAll(root)).toEqual([]);
  });

  test("holds no login, and no way to a vault", async () => {
    expect(credentials(root, configOf(image).Env)).toEqual([]);
    expect(await sandboxed("command -v op")).toEqual({ status: 127, text: "" });
  });

  test.each([
    ["node", "node 24\n"],
    ["node's package runner", '"a"\n'],
    ["go", "go\n"],
    ["go's tests", "ok  \n"],
    ["rust", "rust\n"],
    ["cargo", "Hello, world!\n"],
    ["c", "7\n"],
    ["python", "python\n"],
    ["git", "b\n"],
    ["gh", "gh\n"],
    ["tools", ""],
  ] as const)("offers %s in a login shell, offline and with nothing to write but the workspace", async (name, text) => {
    expect(await sandboxed(`exec sh -lc '${PROGRAMS[name].replaceAll("'", `'\\''`)}'`)).toEqual({ status: 0, text });
  });

  test("keeps the caches of its tools in one folder of the workspace", async () => {
    const { text: printed } = await sandboxed("go env GOPATH GOCACHE; npm config get cache; echo $CARGO_HOME");
    expect(
      printed
        .trim()
        .split("\n")
        .filter((folder) => !folder.startsWith("/workspace/.cache/")),
    ).toEqual([]);
  });

  test("has the same layers when it is built again", async () => {
    const again = await build("moltbot-sandbox", "second", options);
    expect(layersOf(again)).toEqual(layersOf(image));
  });
});
