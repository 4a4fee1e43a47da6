import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../conformance/support/host-tree.ts";
import { build, configOf, layersOf, MACHINE, rootOf, sizeReport } from "./support/builder.ts";
import { credentials, setuidFiles, writableByAll } from "./support/checks.ts";
import { environmentOf, inside } from "./support/container.ts";

const options = {
  args: { BASE: "localhost/debian:trixie" },
  mounts: {
    "/etc/pip.conf:ro": join(MACHINE, "pip.conf"),
    "/etc/roost-machine.crt:ro": join(MACHINE, "ca.crt"),
  },
};

describe("the nanobot image", () => {
  let image = "";
  let root = "";
  let release = (): void => undefined;

  beforeAll(async () => {
    image = await build("nanobot", "first", options);
    ({ root, release } = rootOf(image));
    console.log(sizeReport(image));
  });
  afterAll(() => release());

  test("starts the launcher as root of its container", () => {
    const { User, Entrypoint } = configOf(image);
    expect({ User, Entrypoint }).toEqual({
      User: "0:0",
      Entrypoint: ["/opt/nanobot/bin/python3", "-I", "/opt/roost/launcher.py"],
    });
  });

  test("has no setuid file", () => {
    expect(setuidFiles(root)).toEqual([]);
  });

  test("has nothing that anyone may write", () => {
    expect(writableByAll(root)).toEqual([]);
  });

  test("holds no login", () => {
    expect(credentials(root, configOf(image).Env)).toEqual([]);
  });

  test("has the pinned nanobot, and no way to install anything", async () => {
    const script = `python3 -c '
import importlib.metadata, importlib.util
print(importlib.metadata.version("nanobot-ai"), importlib.util.find_spec("pip"))'`;
    expect(await inside({ root, environment: environmentOf(configOf(image)) }, script)).toEqual({
      status: 0,
      text: "0.3.5 None\n",
    });
  });

  test("has no terminal program and fetches none", () => {
    const { stdout } = run("find", [join(root, "opt"), "(", "-name", "tui", "-o", "-name", "nanobot-tui*", ")"]);
    expect(stdout).toBe("");
    expect(environmentOf(configOf(image))).toMatchObject({ NANOBOT_TUI_NO_DOWNLOAD: "1", PIP_NO_INDEX: "1" });
  });

  test("prints no variable of a program that fails, because one of them is the bot token", async () => {
    // From a file: loguru shows values beside source lines.
    const script = `cat >/tmp/fail.py <<'END'
from loguru import logger
def fail(token):
    raise ValueError(len(token))
try:
    fail("1018:" + "AAEhBO")
except ValueError:
    logger.exception("failed")
END
python3 /tmp/fail.py`;
    const failing = async (environment: Readonly<Record<string, string>>): Promise<string> =>
      (await inside({ root, environment }, script)).text;
    const environment = environmentOf(configOf(image));
    expect(await failing(environment)).toContain("ValueError: 11");
    expect(await failing(environment)).not.toContain("1018:AAEhBO");
    expect(await failing({ ...environment, LOGURU_DIAGNOSE: "YES" })).toContain("1018:AAEhBO");
  });

  test("counts tokens with OpenAI's own table, which it has no network to fetch", async () => {
    const script = `python3 -c '
import tiktoken
print(tiktoken.get_encoding("cl100k_base").encode("hello world"))'`;
    const environment = environmentOf(configOf(image));
    expect(await inside({ root, environment }, script)).toEqual({ status: 0, text: "[15339, 1917]\n" });
    const { TIKTOKEN_CACHE_DIR: _, ...without } = environment;
    expect((await inside({ root, environment: without }, script)).status).toBe(1);
  });

  test("gives its user a home, the state volume, and nothing else", async () => {
    const { text } = await inside({ root, environment: environmentOf(configOf(image)) }, "id -un; echo $HOME");
    expect(text).toBe("nanobot\n/data\n");
    const { stdout } = run("find", [root, "-xdev", "(", "-uid", "1000", "-o", "-gid", "1000", ")", "-printf", "/%P\n"]);
    expect(stdout).toBe("/data\n");
  });

  test("takes at most 350 MB unpacked", () => {
    const bytes = layersOf(image).reduce((sum, layer) => sum + layer.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(350e6);
  });

  test("has the same layers when it is built again", async () => {
    const again = await build("nanobot", "second", options);
    expect(layersOf(again)).toEqual(layersOf(image));
  });
});
