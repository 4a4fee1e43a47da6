import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Secret } from "../../agents/secret.ts";
import { devicesOf, removeDevices } from "../../components/tailnet/devices.ts";
import { Tailnet, until } from "./support/tailnet.ts";

const NODE = { hostname: "nest", tags: ["tag:roost"] };

const folder = mkdtempSync(join(tmpdir(), "roost-tailnet-"));
let tailnet: Tailnet;

beforeAll(async () => {
  tailnet = await Tailnet.start(folder, ["tag:roost", "tag:other"]);
});
afterAll(async () => {
  await tailnet.stop();
  rmSync(folder, { recursive: true });
});

const names = async () =>
  (await tailnet.nodes()).map(({ givenName, tags }) => `${givenName} ${tags.join()}`).toSorted();

// A node takes ten seconds to look offline, and a busy machine multiplies all of it.
vi.setConfig({ testTimeout: 300_000 });

/** Time that does not pass: one look. */
const ONE_LOOK = { now: () => 0, sleep: () => Promise.reject(new Error("looked twice")) };

test("a replaced host gets its own name again: its old device goes once the VM is gone, and no other", async () => {
  await tailnet.join("first", "nest", "tag:roost");
  await tailnet.join("stranger", "laptop", "tag:roost");
  await tailnet.join("namesake", "nest", "tag:other");
  await tailnet.leave("namesake");
  expect(await names()).toEqual(["laptop tag:roost", "nest tag:roost", "nest-1 tag:other"]);

  // It is connected: one look, and nothing goes.
  await expect(removeDevices(tailnet.api(), NODE, ONE_LOOK)).rejects.toThrow("looked twice");
  const [device] = await devicesOf(tailnet.api(), NODE);
  expect(device).toMatchObject({ hostname: "nest", tags: ["tag:roost"], connectedToControl: true });

  // It still looks connected for some seconds, as after the deletion of a VM.
  await tailnet.leave("first");
  expect(await removeDevices(tailnet.api(), NODE)).toEqual([device?.id]);
  expect(await names()).toEqual(["laptop tag:roost", "nest-1 tag:other"]);

  await tailnet.join("second", "nest", "tag:roost");
  expect(await names()).toEqual(["laptop tag:roost", "nest tag:roost", "nest-1 tag:other"]);
});

test("a removal that was cut off and comes again finds nothing to do", async () => {
  await tailnet.join("short", "brief", "tag:roost");
  await tailnet.leave("short");
  const node = { ...NODE, hostname: "brief" };
  await until(async () =>
    (await devicesOf(tailnet.api(), node)).every(({ connectedToControl }) => connectedToControl === false),
  );
  expect(await removeDevices(tailnet.api(), node)).toHaveLength(1);
  expect(await removeDevices(tailnet.api(), node)).toEqual([]);
});

test("a credential that is refused says what it needs", async () => {
  const api = { ...tailnet.api(), credential: { apiKey: new Secret("tskey-api-wrong") } };
  await expect(devicesOf(api, NODE)).rejects.toThrow(
    "the Tailscale API answered 401 to GET tailnet/-/devices: the credential must be valid and have the scope devices:core",
  );
});
