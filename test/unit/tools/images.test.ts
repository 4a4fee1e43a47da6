import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { images } from "../../../tools/images/command.ts";
import { BASE, ENGINE, PUSHED } from "./container-engine.ts";

const PINS = join(import.meta.dirname, "../../../images/pins.json");
const ARGUMENTS = ["--registry", "ghcr.io/owner", "nanobot"];

function prepare(engines: readonly string[], digest: string | null = null) {
  const work = mkdtempSync(join(tmpdir(), "roost-images-test-"));
  onTestFinished(() => rmSync(work, { recursive: true }));
  const [folder, bin] = [join(work, "images"), join(work, "bin")];
  mkdirSync(join(folder, "nanobot"), { recursive: true });
  mkdirSync(bin);
  writeFileSync(join(folder, "nanobot", "Containerfile"), "");
  cpSync(PINS, join(folder, "pins.json"));
  const file = join(folder, "pins.json");
  if (digest !== null) {
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('"digest": null', `"digest": "${digest}"`));
  }
  for (const name of engines) {
    writeFileSync(join(bin, name), ENGINE(name));
    chmodSync(join(bin, name), 0o755);
  }
  const printed: string[] = [];
  const complained: string[] = [];
  const run = (...args: readonly string[]): number =>
    images(args, {
      folder,
      // The stand-ins are scripts, whose interpreter is found without it, and whose tools are not.
      environment: { PATH: `${bin}:${engines.length === 0 ? "" : "/usr/bin:/bin"}` },
      print: (line) => printed.push(line),
      complain: (line) => complained.push(line),
    });
  const calls = (): string[] => readFileSync(join(bin, "calls"), "utf8").trim().split("\n");
  return { run, printed, complained, pins: () => readFileSync(file, "utf8"), bin, calls };
}

const SET = `  pulumi config set --stack STACK --path 'roost:images.nanobot' ghcr.io/owner/nanobot@${PUSHED}`;

test.each(["podman", "docker"])("push with %s prints the digest and the command that sets it", (engine) => {
  const { run, printed, complained } = prepare([engine], BASE);
  expect({ status: run("push", ...ARGUMENTS), printed, complained }).toEqual({
    status: 0,
    printed: [`nanobot: ghcr.io/owner/nanobot@${PUSHED}`, SET],
    complained: [],
  });
});

test("build uses the pinned digest, for linux/amd64", () => {
  const { run, calls } = prepare(["podman"], BASE);
  expect(run("build", ...ARGUMENTS)).toBe(0);
  expect(calls()[0]).toMatch(/^build --platform linux\/amd64 /);
  expect(calls()[0]).toContain(`--build-arg BASE=docker.io/library/debian@${BASE} `);
});

test("a base without digest is refused in one line with the command that resolves it, and nothing is run", () => {
  const { run, complained, calls } = prepare(["podman"]);
  expect({ status: run("build", ...ARGUMENTS), complained }).toEqual({
    status: 1,
    complained: [
      "images: nanobot cannot be built: images/pins.json has no digest for its BASE docker.io/library/debian:trixie-slim; resolve it with `npm run images -- build --update --registry ghcr.io/owner nanobot`",
    ],
  });
  expect(calls).toThrow("ENOENT");
});

test("--update keeps the digest of the tag for every image that shares it, and no other", () => {
  const { run, pins } = prepare(["podman"]);
  const before = pins();
  expect(run("build", "--update", ...ARGUMENTS)).toBe(0);
  const shared = `"docker.io/library/debian:trixie-slim", "digest": `;
  expect(pins()).toBe(before.replaceAll(`${shared}null`, `${shared}"${BASE}"`));
});

test.each(["podman", "docker"])("a registry that refuses %s is one line with the way to log in", (engine) => {
  const { run, bin, printed, complained } = prepare([engine], BASE);
  writeFileSync(join(bin, "denied"), "");
  expect({ status: run("push", ...ARGUMENTS), printed, complained }).toEqual({
    status: 1,
    printed: [],
    complained: [
      `images: ghcr.io/owner/nanobot:cccccccccccc was not pushed: Error: writing blob: requested access to the resource is denied; log in with \`${engine} login ghcr.io\` where the registry asks for it`,
    ],
  });
});

test("a machine without podman and docker is told so in one line", () => {
  const { run, complained } = prepare([], BASE);
  expect({ status: run("build", ...ARGUMENTS), complained }).toEqual({
    status: 1,
    complained: ["images: neither podman nor docker is on the PATH: install one of them"],
  });
});
