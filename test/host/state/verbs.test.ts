import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cheapKey } from "./support/cheap-key.ts";
import { Host } from "./support/host.ts";
import { type Store, startStore } from "./support/store.ts";

let store: Store;
let host: Host;

// One host for all tests of this file: each leaves a running agent and one more snapshot at most.
beforeAll(async () => {
  store = await startStore();
  host = new Host(store, { stack: "vultr.verbs" });
  expect(host.run("roost-restore")).toMatchObject({ status: 0 });
  cheapKey(host);
  host.neverForgets();
  mkdirSync(host.state("data/sessions"));
  chownSync(host.state("data/sessions"), 300_001, 300_001);
  host.write("sessions/1.jsonl", '{"role":"user"}\n');
});
afterAll(async () => {
  host.remove();
  await store.stop();
});
beforeEach(() => {
  host.unit("nanobot@alice.service", "active");
  host.podman("running");
  rmSync(host.path("systemd-log"), { force: true });
});

function note(text: string): string {
  host.write("note", text);
  const { status, stderr } = host.run("verbs/backup");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return String(host.marker()["snapshot"]);
}

function data(name: string): string {
  return readFileSync(host.state("data", name), "utf8");
}

function aside(): string[] {
  return readdirSync(host.state()).filter((name) => name.startsWith("replaced-"));
}

describe("roost backup", () => {
  test("takes a snapshot now and says how long the agent was paused", () => {
    host.write("note", "now");
    const { status, stdout } = host.run("verbs/backup");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^alice {2}uploaded {2}[0-9a-f]{8} {2}paused \d+ ms\n$/);
    expect(host.snapshots().at(-1)?.tags).toContain("kind=manual");
  });

  test("refuses a tree that shrank until a person accepts it", () => {
    for (let file = 0; file < 8; file++) host.write(`many-${file}`, "");
    note("many");
    for (let file = 0; file < 8; file++) rmSync(host.state("data", `many-${file}`));
    expect(host.run("verbs/backup")).toMatchObject({
      status: 3,
      stdout: "",
      stderr: expect.stringContaining("10 files became 2"),
    });
    expect(host.run("verbs/backup", ["alice", "--accept"])).toMatchObject({ status: 0 });
  });

  test("that is killed in mid-pause leaves the agent running", async () => {
    host.shadow("cp", `touch "${host.path("copying")}"; exec sleep 5`);
    const verb = host.start("verbs/backup", ["alice"]);
    const ended = new Promise((resolve) => verb.once("exit", resolve));
    while (!existsSync(host.path("copying"))) await sleep(20);
    expect(host.podmanState()).toBe("paused");
    const script = "^/usr/bin/bash [^ ]*roost-backup alice --manual";
    const pids = execFileSync("pgrep", ["-f", script], { encoding: "utf8" }).trim().split("\n").map(Number);
    const own = pids.filter((pid) => readFileSync(`/proc/${pid}/environ`, "utf8").includes(host.folder));
    for (const pid of own) process.kill(pid, "SIGKILL");
    await ended;
    host.unshadow("cp");
    expect(own).toHaveLength(1);
    expect(host.podmanState()).toBe("running");
  });
});

describe("roost snapshots", () => {
  test("lists what the store has, the newest last", () => {
    const id = note("listed");
    const { status, stdout } = host.run("verbs/snapshots");
    expect(status).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toMatch(/^0 {2}[0-9a-f]{8} {2}\S+Z {2}g1 {2}first {2}0 files {2}0 bytes$/);
    expect(lines.at(-1)).toContain(`${id.slice(0, 8)} `);
  });
});

describe("roost restore", () => {
  test("brings an older state back, keeps what it replaces, and starts the agent again", () => {
    const old = note("old");
    note("new");
    host.write("unsaved", "words");
    expect(host.run("verbs/restore", ["alice", "--at", old.slice(0, 8)])).toMatchObject({ status: 0 });
    expect(data("note")).toBe("old");
    expect(existsSync(host.state("data/unsaved"))).toBe(false);
    const [kept] = aside();
    expect(readFileSync(host.state(String(kept), "unsaved"), "utf8")).toBe("words");
    expect(host.systemdLog()).toEqual([
      "stop nanobot@alice.service roost-restore@alice.service",
      "start nanobot@alice.service",
    ]);
    expect(statSync(host.state("data"))).toMatchObject({ uid: 300_001 });
    // What comes next goes beyond every snapshot, so that it is what a new host restores.
    const before = host.snapshots().length;
    host.write("note", "after");
    expect(host.run("verbs/backup")).toMatchObject({ status: 0 });
    expect(host.marker()["sequence"]).toBe(before);
    rmSync(host.state(String(kept)), { recursive: true });
  });

  test("to a folder changes nothing in place", () => {
    const old = note("for a look");
    note("present");
    const to = host.path("look");
    expect(host.run("verbs/restore", ["alice", "--at", old, "--to", to])).toMatchObject({ status: 0 });
    expect(readFileSync(`${to}/note`, "utf8")).toBe("for a look");
    expect(statSync(to).mode & 0o777).toBe(0o700);
    expect(data("note")).toBe("present");
    expect(host.systemdLog()).toEqual([]);
  });

  test("that cannot be fetched leaves the agent running on what it has", () => {
    note("kept");
    host.restic('case "$*" in *" restore "*) exit 1 ;; esac');
    const { status, stderr } = host.run("verbs/restore");
    host.restic("");
    expect(status).toBe(1);
    expect(stderr).toContain("could not be restored whole");
    expect(host.systemdLog()).toEqual([]);
    expect(data("note")).toBe("kept");
    expect(existsSync(host.state(".roost-marker.json"))).toBe(true);
  });

  test("that a crash cuts short after any step is finished by the agent's next start, and both states are there", () => {
    const old = note("chosen");
    note("in between");
    // Each of these is the last command that ran before the crash.
    for (const [tool, call] of [
      ["rm", "roost-marker"],
      ["mv", "replaced-"],
      ["mv", "staging/restored"],
      ["rm", "restoring.json"],
    ]) {
      host.write("note", `before ${tool} ${call}`);
      const real = execFileSync("bash", ["-c", `type -P ${tool}`], { encoding: "utf8" }).trim();
      host.shadow(String(tool), `${real} "$@"; case "$*" in *${call}*) kill -KILL $PPID ;; esac`);
      expect(host.run("verbs/restore", ["alice", "--at", old])).toMatchObject({ status: null });
      host.unshadow(String(tool));
      expect(host.run("roost-restore")).toMatchObject({ status: 0 });
      expect(data("note")).toBe("chosen");
      const [kept, ...more] = aside();
      expect(more).toEqual([]);
      expect(readFileSync(host.state(String(kept), "note"), "utf8")).toBe(`before ${tool} ${call}`);
      rmSync(host.state(String(kept)), { recursive: true });
    }
  });

  test.each([
    [["alice", "--at", "latest"], "--at wants an id"],
    [["alice", "--at", "ffffffff"], "not one snapshot begins with"],
    [["alice", "--to", "relative"], "--to wants an absolute path"],
    [["alice", "--to", "/tmp"], "--to wants an absolute path"],
    [["bob"], "there are: alice"],
    [["alice", "--to"], "usage:"],
  ])("refuses %j", (args, message) => {
    expect(host.run("verbs/restore", args)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
    expect(host.systemdLog()).toEqual([]);
  });
});

describe("roost drill", () => {
  test("restores the last snapshot, has the image look into it, and records RPO and RTO", () => {
    execFileSync("/usr/bin/python3", [
      "-c",
      `import sqlite3; db = sqlite3.connect("${host.state("data/usage.sqlite3")}"); db.execute("pragma journal_mode=wal"); db.execute("create table t (x)"); db.commit()`,
    ]);
    const id = note("drilled");
    const { status, stdout, stderr } = host.run("verbs/drill");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^alice {2}passed {2}[0-9a-f]{8} {2}RPO \d+ s {2}RTO \d+ s\n$/);
    expect(host.status("drill")).toMatchObject({
      outcome: "passed",
      snapshot: id,
      rpoSeconds: expect.any(Number),
      rtoSeconds: expect.any(Number),
      jsonl: 1,
      databases: 1,
    });
    expect(readdirSync(host.path("var/lib/roost/drill"))).toEqual([]);
    expect(data("note")).toBe("drilled");
  });

  test("fails for a config that does not load", () => {
    const config = host.path("etc/roost/releases/r1/workloads/alice/config.json");
    writeFileSync(config, "[]");
    const { status, stderr } = host.run("verbs/drill");
    writeFileSync(config, "{}");
    expect(status).toBe(1);
    expect(stderr).toContain("config.json does not load: ValueError");
  });

  test.each([
    ["a session that is not JSON", "sessions/2.jsonl", "{broken\n", "sessions/2.jsonl: line 1 is not JSON"],
    ["a database that is damaged", "usage.sqlite3", "SQLite format 3\0 and then nothing", "usage.sqlite3: "],
  ])("fails for %s", (_, name, content, reason) => {
    host.write(name, content);
    chownSync(host.state("data", name), 300_001, 300_001);
    note(name);
    const { status, stderr } = host.run("verbs/drill");
    rmSync(host.state("data", name));
    expect(status).toBe(1);
    expect(stderr).toContain(reason);
    expect(host.status("drill")).toMatchObject({ outcome: "failed", reason: expect.stringContaining(reason) });
    expect(readdirSync(host.path("var/lib/roost/drill"))).toEqual([]);
  });

  test("does not fill the host's disk", () => {
    expect(host.run("verbs/drill", ["alice"], { DRILL_RESERVE_MIB: "999999999" })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no room for a drill"),
    });
    expect(readdirSync(host.path("var/lib/roost/drill"))).toEqual([]);
  });

  test("that is killed is cleaned up by its unit", () => {
    mkdirSync(host.path("var/lib/roost/drill/alice"), { recursive: true });
    writeFileSync(host.path("var/lib/roost/drill/alice.xfs"), "");
    expect(host.run("verbs/drill", ["--clean"])).toMatchObject({ status: 0 });
    expect(readdirSync(host.path("var/lib/roost/drill"))).toEqual([]);
  });
});
