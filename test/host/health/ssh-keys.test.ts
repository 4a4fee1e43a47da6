import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "./support/host.ts";

const IGNITION = "/var/home/core/.ssh/authorized_keys.d/ignition";

function key(host: Host, name: string): string {
  const file = join(host.root, `key-${name}`);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** A host born with the keys `old` and `stays`. */
function born(): { host: Host; old: string; stays: string } {
  const host = new Host();
  const [old, stays] = [key(host, "old"), key(host, "stays")];
  host.write(IGNITION, `${old}\n${stays}\n`);
  return { host, old, stays };
}

const release = (host: Host, text: string) => host.write("/etc/roost/releases/r1/authorized_keys", text);
const apply = (host: Host) => host.library(["ssh-keys"], "apply_ssh_keys");

test("the release's keys are in force: one added, one withdrawn", async () => {
  const { host, stays } = born();
  const added = key(host, "added");
  release(host, `${stays}\n${added}\n`);

  expect(await apply(host)).toEqual({ code: 0, out: "", err: "" });
  expect(host.read(IGNITION)).toBe(`${stays}\n${added}\n`);
});

test("while the tailnet is down keys are added and none is withdrawn", async () => {
  const { host, old, stays } = born();
  const added = key(host, "added");
  host.standIn("tailscale", JSON.stringify({ BackendState: "Stopped" }));
  release(host, `${added}\n`);

  expect((await apply(host)).code).toBe(0);
  expect(host.read(IGNITION)).toBe(`${added}\n${old}\n${stays}\n`);
});

test.each([
  ["no key", "\n"],
  ["a line that is no key", "ssh-ed25519 nonsense\n"],
])("a list with %s changes nothing", async (_, text) => {
  const { host } = born();
  const before = host.read(IGNITION);
  release(host, text);

  expect((await apply(host)).code).toBe(3);
  expect(host.read(IGNITION)).toBe(before);
});

test("a host of cloud-init has its keys in the classic file", async () => {
  const host = new Host();
  mkdirSync(join(host.root, "home/core/.ssh"), { recursive: true });
  const added = key(host, "added");
  release(host, `${added}\n`);

  expect((await apply(host)).code).toBe(0);
  expect(host.read("/home/core/.ssh/authorized_keys")).toBe(`${added}\n`);
});

test("a user that is not there is named", async () => {
  const host = new Host();
  release(host, `${key(host, "added")}\n`);

  expect(await apply(host)).toMatchObject({ code: 1 });
});
