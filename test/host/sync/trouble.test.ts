import { rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Store, startStore } from "../state/support/store.ts";
import { type Release, release, SyncHost } from "./support/host.ts";

let store: Store;
let host: SyncHost;
let first: Release;
let count = 0;

beforeAll(async () => {
  store = await startStore();
}, 60_000);
afterAll(() => store.stop());
beforeEach(async () => {
  count += 1;
  host = new SyncHost(store, `vultr.t${count}`);
  first = await release(host.stack, { alice: { secret: "old" } });
  host.publish(first);
  expect(host.birth()).toEqual({ status: 0, stderr: "" });
});

const TOKEN = "nanobot-alice-telegram";

describe("a release that an agent does not stand", () => {
  test("is taken back, not tried again, and followed by the next one", async () => {
    const bad = await release(host.stack, { alice: { config: '{"bad":1}', secret: "old" } });
    host.standIn("sick/nanobot-alice", bad.id);
    host.publish(bad);
    expect(host.sync()).toEqual({
      status: 6,
      stderr: "roost-sync: after the switch these were not well, so the release before is back in force: alice\n",
    });
    expect(host.inForce()).toBe(first.id);
    expect(host.status()).toMatchObject({ outcome: "rolled-back", attempted: bad.id, inForce: first.id });
    const container = host.container("nanobot-alice");
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.container("nanobot-alice")).toBe(container);

    const good = await release(host.stack, { alice: { config: '{"good":1}', secret: "old" } });
    host.publish(good);
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(good.id);
  });

  test("is tried again once the store has pointed to another one in between", async () => {
    const next = await release(host.stack, { alice: { config: '{"more":1}', secret: "old" } });
    host.standIn("sick/nanobot-alice", next.id);
    host.publish(next);
    expect(host.sync().status).toBe(6);
    host.publish(first);
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    host.standIn("sick/nanobot-alice", "");
    host.publish(next);
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(next.id);
  });

  test("stays in force when only a tenant that it adds is sick, which is stopped and named", async () => {
    const next = await release(host.stack, { alice: { secret: "old" }, bob: {} });
    host.standIn("sick/nanobot-bob", next.id);
    host.standIn("active/roost-restore@bob.service", "");
    host.publish(next);
    expect(host.sync().status).toBe(0);
    expect(host.inForce()).toBe(next.id);
    expect(host.status()["reason"]).toBe("bob is new and was not well in time, so it is stopped: roost logs bob");
    expect(host.calls()).toContain("systemctl stop nanobot@bob.service");
  });
});

describe("a secret that is rotated", () => {
  test("is in Podman's store after the release, and its old value gone from the disk after the next", async () => {
    host.publish(await release(host.stack, { alice: { secret: "new" } }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.secret(TOKEN)).toBe("new");
    expect(host.exists(`var/lib/roost/releases/${first.id}`)).toBe(true);
    host.publish(await release(host.stack, { alice: { secret: "new", config: '{"more":1}' } }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.exists(`var/lib/roost/releases/${first.id}`)).toBe(false);
  });

  test("does not come back with its old value when the release that changed more is taken back", async () => {
    const next = await release(host.stack, { alice: { secret: "new", config: '{"more":1}' } });
    host.publish(next);
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.sync("--rollback")).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(first.id);
    expect(host.secret(TOKEN)).toBe("new");
  });

  test("has its old value again when the release that changed nothing else is taken back", async () => {
    host.publish(await release(host.stack, { alice: { secret: "mistyped" } }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.sync("--rollback")).toEqual({ status: 0, stderr: "" });
    expect(host.secret(TOKEN)).toBe("old");
  });
});

describe("what the host runs stays, and status says why, when", () => {
  const cases: [string, () => Promise<Release>, string][] = [
    [
      "the release is for another stack",
      () => release(host.stack, { alice: {} }, { stack: "vultr.other" }),
      "the release is for vultr.other host, this host is",
    ],
    [
      "the release is sealed for another generation",
      () => release(host.stack, { alice: {} }, { generation: 2 }),
      "the release does not open with this host's key: it is damaged, or sealed for another generation",
    ],
    [
      "the release's roost-sync is broken",
      () => release(host.stack, { alice: {} }, { files: { "host/roost-sync": "if\n" } }),
      "the release's own roost-sync fails its self-test: ",
    ],
    [
      "a quadlet of the release is none",
      () =>
        release(host.stack, { alice: {} }, { files: { "quadlets/a.container": "[Container]\nImage=a\nNonsense=1\n" } }),
      "the release's quadlets are refused: ",
    ],
    [
      "an image cannot be had",
      async () => {
        host.standIn("images", "registry.example/nanobot@sha256:1");
        return release(host.stack, { alice: { image: "registry.example/nanobot@sha256:1" } });
      },
      "the image registry.example/nanobot@sha256:1 could not be pulled: see podman's line in the journal",
    ],
  ];

  test.each(cases)("%s", async (_, make, reason) => {
    const container = host.container("nanobot-alice");
    host.publish(await make());
    expect(host.sync().status).not.toBe(0);
    expect(host.inForce()).toBe(first.id);
    expect(host.container("nanobot-alice")).toBe(container);
    expect(host.status()["reason"]).toContain(reason);
  });

  test("the object is cut short", async () => {
    const next = await release(host.stack, { alice: { config: '{"more":1}' } });
    host.publish({ ...next, sealed: next.sealed.slice(0, -40) });
    host.upload("current", JSON.stringify({ id: next.id, size: next.sealed.length }));
    expect(host.sync().status).toBe(1);
    expect(host.inForce()).toBe(first.id);
    expect(host.status()["reason"]).toContain("it is cut short, or is just being replaced");
  });

  test("the store refuses the key", () => {
    const birth = host.read("etc/roost/birth.json");
    host.write("etc/roost/birth.json", birth.replace(/"key":"[^"]*"/, '"key":"another-key"'));
    expect(host.sync().status).toBe(4);
    expect(host.inForce()).toBe(first.id);
    expect(host.status()["reason"]).toContain("the store refuses this host's key (HTTP 403)");
  });

  test("the store does not answer", () => {
    const birth = host.read("etc/roost/birth.json");
    host.write("etc/roost/birth.json", birth.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    expect(host.sync().status).toBe(4);
    expect(host.status()["reason"]).toBe("the store does not answer (curl exit 7)");
  });
});

describe("at boot", () => {
  test("an old /etc is put right without the network, and then the agents start", () => {
    const birth = host.read("etc/roost/birth.json");
    host.write("etc/roost/birth.json", birth.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    const before = host.tree("etc/roost/releases");
    writeFileSync(host.path(`etc/roost/releases/${first.id}/workloads/alice/config.json`), "{}changed");
    rmSync(host.path("etc/roost/current"));
    expect(host.birth()).toEqual({ status: 0, stderr: "" });
    expect(host.inForce()).toBe(first.id);
    expect(host.tree("etc/roost/releases")).toEqual(before);
  });

  test("secrets that Podman lost are put back", () => {
    rmSync(host.path(`stand-ins/secrets/${TOKEN}`));
    expect(host.birth()).toEqual({ status: 0, stderr: "" });
    expect(host.secret(TOKEN)).toBe("old");
  });

  test("a volume that is smaller than its config is grown", async () => {
    host.publish(await release(host.stack, { alice: { secret: "old", volumeMib: 320 } }));
    expect(host.sync()).toEqual({ status: 0, stderr: "" });
    expect(host.size("var/lib/roost/volumes/alice.xfs")).toBe(320 * 1024 * 1024);
  });
});

test("a power cut at any rename of a switch leaves the old release or the new one, whole", async () => {
  const next = await release(host.stack, { alice: { secret: "new", config: '{"more":1}' } });
  host.publish(next);
  host.shadow(
    "mv",
    'echo >>"$STATE/renames"; if [ "$(wc -l <"$STATE/renames")" -eq "$(cat "$STATE/kill-at")" ]; then kill -9 "$PPID"; exit 1; fi\nexec /usr/bin/mv "$@"',
  );
  for (let at = 1; ; at += 1) {
    host.standIn("kill-at", String(at));
    rmSync(host.path("stand-ins/renames"), { force: true });
    const { status } = host.sync();
    host.standIn("kill-at", "0");
    expect(host.birth(), `killed at rename ${at}`).toEqual({ status: 0, stderr: "" });
    const now = host.inForce();
    expect([first.id, next.id]).toContain(now);
    expect(host.secret(TOKEN)).toMatch(now === next.id ? /^new$/ : /^(old|new)$/);
    // Beyond the last rename nothing is killed.
    if (status === 0) break;
    if (now === next.id) {
      host.publish(first);
      rmSync(host.path("var/lib/roost/rejected"), { force: true });
      expect(host.sync()).toEqual({ status: 0, stderr: "" });
      host.publish(next);
    }
    expect(at).toBeLessThan(60);
  }
}, 600_000);
