import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cheapKey } from "./support/cheap-key.ts";
import { Host, STORE_ROOT } from "./support/host.ts";
import { BUCKET, type Credentials, HOST_KEY, OWNER, oracle, type Store, startStore } from "./support/store.ts";

const STACK = "vultr.off";
const TOOL = join(import.meta.dirname, "../../../tools/backups.ts");

let store: Store;
let host: Host;

// The tests follow each other: sound, intruded upon, mended.
beforeAll(async () => {
  store = await startStore();
  host = new Host(store, { stack: STACK });
  expect(host.run("roost-restore")).toMatchObject({ status: 0 });
  cheapKey(host);
  host.neverForgets();
  mkdirSync(host.state("data/sessions"));
  host.write("sessions/1.jsonl", '{"role":"user"}\n');
  expect(host.run("roost-backup")).toMatchObject({ status: 0 });
  writeFileSync(host.path("kit.json"), JSON.stringify({ bucket: BUCKET, endpoint: store.endpoint, root: STORE_ROOT }));
});
afterAll(async () => {
  host.remove();
  await store.stop();
});

function tool(command: string, args: readonly string[], key: Credentials = OWNER, kit = host.path("kit.json")) {
  return spawnSync(process.execPath, [TOOL, command, ...args], {
    encoding: "utf8",
    env: {
      PATH: `${dirname(oracle("restic-0.18.0/restic"))}:${process.env["PATH"]}`,
      HOME: host.folder,
      ROOST_RECOVERY_KIT: kit,
      B2_APPLICATION_KEY_ID: key.keyId,
      B2_APPLICATION_KEY: key.key,
    },
  });
}

function hideAll(part: string): number {
  const found = host.objects(part);
  for (const object of found) store.request("DELETE", object, "", HOST_KEY);
  return found.length;
}

test("verify-backups reads every repository and restores one", () => {
  const { status, stdout, stderr } = tool("verify-backups", [STACK, "--read", "100%"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(
    /^alice: 2 snapshots, the last \(sequence 1\) \d+ min old, 100% of the data read, restored 1 files in \d+ s\n$/,
  );
});

test("prune leaves every snapshot, and what each needs", () => {
  const before = host.snapshots();
  const { status, stdout } = tool("prune", [STACK]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: `alice: pruned, ${before.length} snapshots stay\n` });
  expect(host.snapshots()).toEqual(before);
});

test.each([
  ["verify-backups", [], "the first word must be a stack"],
  ["verify-backups", [STACK, "bob"], "no state of bob, there is some of alice"],
  ["verify-backups", ["vultr.other"], "the bucket has no state of vultr.other/host"],
  ["verify-backups", [STACK, "--restore", "bob"], "--restore must be one of alice"],
  ["recover", [STACK, "alice", "--at", "noon", "--to", "/nowhere/x"], "--at must be a time in UTC"],
  ["recover", [STACK, "alice", "--at", "2026-11-29T06:30:00Z", "--to", "/tmp"], "--to must be a folder"],
  ["prune", [STACK, "--force", "yes"], "--force is not an option"],
])("%s refuses %j", (command, args, message) => {
  expect(tool(command, args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
});

test("says which kit is missing, and never its root", () => {
  writeFileSync(
    host.path("bad.json"),
    JSON.stringify({ bucket: BUCKET, endpoint: store.endpoint, root: "top-secret" }),
  );
  const { status, stderr } = tool("prune", [STACK], OWNER, host.path("bad.json"));
  expect(status).toBe(2);
  expect(stderr).toBe(
    "prune: the file of ROOST_RECOVERY_KIT must be JSON with bucket, endpoint and root, as `up` gave them\n",
  );
});

test("verify-backups finds a hidden pack, prune leaves such a repository alone, and recover brings all of a time back", async () => {
  await sleep(1100);
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  await sleep(1100);
  expect(hideAll("alice/data/")).toBeGreaterThan(0);
  expect(tool("verify-backups", [STACK])).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("alice: FAILED: "),
  });
  expect(tool("prune", [STACK])).toMatchObject({ status: 1, stdout: expect.stringContaining("alice: NOT pruned: ") });

  // All that root on a host can do: hide everything, and put something else there.
  const config = host.bucketPath("alice/config");
  for (const part of ["alice/snapshots/", "alice/index/", "alice/keys/", "alice/config"]) hideAll(part);
  store.request("PUT", config, "forged", HOST_KEY);
  store.request("PUT", host.bucketPath(`alice/index/${"0".repeat(64)}`), "forged", HOST_KEY);
  const next = new Host(store, { stack: STACK, generation: 2 });
  try {
    expect(next.run("roost-restore").status).not.toBe(0);
    const to = host.path("recovered");
    const { status, stdout, stderr } = tool("recover", [STACK, "alice", "--at", at, "--to", to, "--mend", "yes"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\nthe bucket: \d+ objects put back, 1 later ones hidden\n$/);
    expect(readFileSync(join(to, "state/sessions/1.jsonl"), "utf8")).toBe('{"role":"user"}\n');
    expect(next.run("roost-restore")).toMatchObject({ status: 0 });
    expect(readFileSync(next.state("data/sessions/1.jsonl"), "utf8")).toBe('{"role":"user"}\n');
  } finally {
    next.remove();
  }
  expect(tool("verify-backups", [STACK, "--read", "100%"])).toMatchObject({ status: 0 });
});

test("prune leaves a repository alone whose snapshots somebody hid", () => {
  hideAll("alice/snapshots/");
  expect(tool("prune", [STACK])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(
      /^alice: NOT pruned: \d+ snapshots are hidden and only 0 are left, a host leaves 20: /,
    ),
  });
});
