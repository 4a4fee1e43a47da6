import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

  test("grows no further: its layers take at most 385 MB unpacked", () => {
    const bytes = layersOf(image).reduce((sum, layer) => sum + layer.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(385e6);
  });

  test("has the same layers when it is built again", async () => {
    const again = await build("nanobot", "second", options);
    expect(layersOf(again)).toEqual(layersOf(image));
  });
});
