import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Store, startStore } from "../state/support/store.ts";
import { release, SyncHost } from "./support/host.ts";

let store: Store;
let host: SyncHost;
let count = 0;

beforeAll(async () => {
  store = await startStore();
}, 60_000);
afterAll(() => store.stop());
beforeEach(() => {
  count += 1;
  host = new SyncHost(store, `vultr.s${count}`);
});

/** A host that runs a release with the tenants alice and bob. */
async function running(): Promise<string> {
  const first = await release(host.stack, { alice: {}, bob: {} });
  host.publish(first);
  expect(host.birth()).toEqual({ status: 0, stderr: "" });
  return first.id;
}

describe("the first boot", () => {
  test("lays the release out, fills Podman's store, makes the volumes and starts the agents", async () => {
    const id = await running();
    expect(host.inForce()).toBe(id);
    expect(host.status()).toMatchObject({ outcome: "applied", reason: "", inForce: id });
    expect(host.secret("nanobot-alice-telegram")).toBe("a token");
    expect(host.exists("var/lib/roost/volumes/alice.xfs")).toBe(true);
    expect(host.container("nanobot-alice")).toMatch(/^\d+$/);
    expect(host.calls().at(-1)).toBe("systemctl start --no-block roost-agents.target");
  });

  test("lays nothing secret below /etc, not even the digest of a secret", async () => {
    await running();
    const paths = Object.keys(host.tree("etc/roost"));
    expect(paths.filter((path) => /secrets\//.test(path))).toEqual([]);
    expect(host.read("etc/roost/current/manifest.json")).not.toContain("secrets/");
  });

  test("waits while the store has no release, and says so", async () => {
    const { status, stderr } = host.birth();
    expect(status).toBe(4);
    expect(stderr).toBe("roost-birth: the store shows no current for this generation: deploy it (pulumi up)\n");
    expect(host.status()).toMatchObject({ outcome: "failed" });
  });
});

describe("a new release", () => {
  test("restarts the one agent that it changes", async () => {
    await running();
    const [alice, bob] = [host.container("nanobot-alice"), host.container("nanobot-bob")];
    const next = await release(host.stack, { alice: { config: '{"new":1}' }, bob: {} });
    host.publish(next);
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(next.id);
    expect(host.container("nanobot-alice")).not.toBe(alice);
    expect(host.container("nanobot-bob")).toBe(bob);
  });

  test("starts the tenant that it adds and touches no other", async () => {
    await running();
    const alice = host.container("nanobot-alice");
    host.publish(await release(host.stack, { alice: {}, bob: {}, carol: {} }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.container("nanobot-carol")).toMatch(/^\d+$/);
    expect(host.container("nanobot-alice")).toBe(alice);
  });

  test("of scripts alone stops and restarts nobody", async () => {
    await running();
    const before = [host.container("nanobot-alice"), host.container("nanobot-bob")];
    host.publish(await release(host.stack, { alice: {}, bob: {} }, { files: { "host/verbs/new": "#!/bin/bash\n" } }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect([host.container("nanobot-alice"), host.container("nanobot-bob")]).toEqual(before);
    expect(host.calls().filter((call) => / (stop|restart|try-restart) /.test(call))).toEqual([]);
  });

  test("is looked for and not touched while the store points to the one in force", async () => {
    const id = await running();
    const before = host.read("var/lib/roost/status.json");
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(id);
    expect(host.read("var/lib/roost/status.json")).toBe(before);
  });

  test("leaves a tenant stopped that a person stopped", async () => {
    await running();
    host.write("var/lib/roost/stopped/bob", "");
    host.standIn("containers/nanobot-bob");
    host.publish(await release(host.stack, { alice: {}, bob: {}, carol: {} }));
    expect(host.sync().status).toBe(0);
    expect(host.calls().filter((call) => call.includes("nanobot@bob"))).not.toContainEqual(
      expect.stringContaining("start"),
    );
  });

  test("does nothing to a drained host", async () => {
    const id = await running();
    host.write("var/lib/roost/drained", "");
    host.publish(await release(host.stack, { alice: {} }));
    expect(host.sync()).toEqual({
      status: 3,
      stderr: "roost-sync: this host is drained: roost drain --undo puts it back to work\n",
    });
    expect(host.inForce()).toBe(id);
  });
});

describe("a removed tenant", () => {
  const snapshot = (id: string) => JSON.stringify({ snapshot: id, outcome: "taken", at: "2026-01-01T00:00:00Z" });

  test("is stopped, kept in the store, and then its volume, secret and network go", async () => {
    await running();
    host.mount("bob");
    host.standIn("final/bob", snapshot("5eed"));
    host.publish(await release(host.stack, { alice: {} }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.status()).toMatchObject({ outcome: "applied", reason: "" });
    expect(host.exists("var/lib/roost/volumes/bob.xfs")).toBe(false);
    expect(host.exists("var/lib/roost/removing/bob")).toBe(false);
    expect(host.secret("nanobot-bob-telegram")).toBeUndefined();
    const calls = host.calls();
    expect(calls.indexOf("systemctl stop nanobot@bob.service")).toBeLessThan(
      calls.indexOf("systemctl stop roost-final@bob.service"),
    );
  });

  test("keeps its volume when its last snapshot fails, and the release says why", async () => {
    await running();
    host.standIn("final/bob", JSON.stringify({ outcome: "failed", reason: "the store does not answer" }));
    host.publish(await release(host.stack, { alice: {} }));
    expect(host.sync().status).toBe(0);
    expect(host.exists("var/lib/roost/volumes/bob.xfs")).toBe(true);
    expect(host.status()["reason"]).toContain(
      "bob is removed without a last snapshot (the store does not answer), so its volume stays",
    );
  });

  test("comes back with the state that it left", async () => {
    await running();
    host.standIn("final/bob", JSON.stringify({ outcome: "failed", reason: "no" }));
    host.publish(await release(host.stack, { alice: {} }));
    expect(host.sync().status).toBe(0);
    const before = host.tree("var/lib/roost/volumes");
    host.publish(await release(host.stack, { alice: {}, bob: {} }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.tree("var/lib/roost/volumes")).toEqual(before);
    expect(host.exists("var/lib/roost/removing/bob")).toBe(false);
  });
});
