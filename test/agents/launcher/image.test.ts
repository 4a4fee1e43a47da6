import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nanobotImage } from "./image.ts";
import { launch } from "./launch.ts";

/** Most that the pinned parts may take, in MB; Debian's own packages come on top and change with every base. */
const MOST_MEGABYTES = 250;

/** What a Python program prints in the image, as the agent's user and without a network; it must print no error. */
function python(program: string): string {
  const { status, stdout, stderr } = launch({ program: ["python3", "-c", program], user: 1000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trim();
}

test("has no file that changes the user or the group", () => {
  expect(execFileSync("find", [nanobotImage().root, "-type", "f", "-perm", "/6000"]).toString()).toBe("");
});

test("has nothing that installs a Python package", () => {
  const found = python(
    "import importlib.util as u, shutil\nprint([n for n in ('pip', 'ensurepip', 'uv') if u.find_spec(n) or shutil.which(n)])",
  );
  expect(found).toBe("[]");
});

test("has what nanobot asks of every channel that roost supports", () => {
  const missing = python(`
from nanobot.channels.registry import discover_plugins
from nanobot.optional_features import extra_installed
plugins = discover_plugins()
print([n for n in ("telegram", "discord", "whatsapp", "feishu") if not extra_installed(n, list(plugins[n].dependencies))])
for name in ("telegram", "discord", "whatsapp", "feishu"):
    plugins[name].load_channel_class()
import discord, lark_oapi.ws.client, magic, segno, telegram.ext
from neonize.aioze.client import NewAClient
`);
  expect(missing).toBe("[]");
});

test("has native libraries that load, although their symbols were stripped", () => {
  const loaded = python(`
import ctypes, pathlib, sysconfig
libraries = [p for p in pathlib.Path(sysconfig.get_path("purelib")).rglob("*.so*") if p.is_file()]
for library in libraries:
    ctypes.PyDLL(str(library))
print(len(libraries) > 50)
`);
  expect(loaded).toBe("True");
});

test("counts tokens with OpenAI's own table, without a network", () => {
  expect(python("import tiktoken\nprint(tiktoken.get_encoding('cl100k_base').encode('hello world'))")).toBe(
    "[15339, 1917]",
  );
});

test(`takes at most ${MOST_MEGABYTES} MB besides Debian's packages`, () => {
  const sizes = execFileSync("du", ["--bytes", "--summarize", join(nanobotImage().root, "opt")]).toString();
  expect(Number.parseInt(sizes, 10) / 1e6).toBeLessThan(MOST_MEGABYTES);
});
