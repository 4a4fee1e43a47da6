import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { answerProblem } from "../../../components/vultr/life/drain-answer.ts";
import { cheapKey } from "./support/cheap-key.ts";
import { Host } from "./support/host.ts";
import { type Store, startStore } from "./support/store.ts";

const DRAIN = "verbs/drain";
const UNDO = "roost drain --undo puts its agents back to work";

let store: Store;
let host: Host;
let stack = 0;

beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
function begin(): void {
  stack += 1;
  host = new Host(store, { stack: `vultr.drain${stack}` });
}

function end(): void {
  host.remove();
}

/** A host that serves: its state is restored, its agent writes, its timers run. */
function serve(): void {
  expect(host.run("roost-restore", ["host"])).toMatchObject({ status: 0 });
  expect(host.run("roost-restore")).toMatchObject({ status: 0 });
  for (const workload of ["host", "alice"]) cheapKey(host, workload);
  host.neverForgets();
  mkdirSync(host.state("data/sessions"));
  host.write("sessions/1.jsonl", '{"role":"user"}\n');
  chownSync(host.state("data/sessions/1.jsonl"), 300_001, 300_001);
  inService();
}

function inService(): void {
  for (const timer of ["roost-sync", "roost-health", "roost-backup@alice"]) host.unit(`${timer}.timer`, "active");
  host.unit("nanobot@alice.service", "active");
  host.podman("running");
  rmSync(host.path("systemd-log"), { force: true });
}

function drain(...args: string[]) {
  return host.run(DRAIN, ["--json", ...args]);
}

/** What the deployment's hook says about an answer. */
function problem(stdout: string, workloads = ["alice", "host"]): string | undefined {
  return answerProblem(stdout, { stack: `vultr.drain${stack}`, host: "host", generation: 1, workloads });
}

function newest(): string | undefined {
  return host.snapshots().at(-1)?.id;
}

describe("a drain", () => {
  // One host for all: every test begins with it in service.
  beforeAll(() => {
    begin();
    serve();
  });
  afterAll(end);
  beforeEach(inService);
  afterEach(() => {
    rmSync(host.path("deaf/nanobot@alice.service"), { force: true });
    host.restic("");
    host.access({ endpoint: store.endpoint });
    for (const marker of ["var/lib/roost/drained", "run/roost/drained-until-boot"]) {
      rmSync(host.path(marker), { force: true });
    }
  });

  test("stops timers before agents, and answers with final snapshots that the deployment accepts", () => {
    const { status, stdout, stderr } = drain();
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(problem(stdout)).toBeUndefined();
    const { workloads } = JSON.parse(stdout);
    expect(Object.keys(workloads)).toEqual(["alice", "host"]);
    expect(workloads.alice).toEqual({ was: "running", snapshot: newest() });
    expect(host.snapshots().at(-1)?.tags).toContain("kind=final");
    expect(host.systemdLog()).toEqual([
      "stop roost-sync.timer",
      "stop roost-health.timer",
      "stop roost-backup@alice.timer",
      "stop nanobot@alice.service",
    ]);
    expect(existsSync(host.path("var/lib/roost/drained"))).toBe(true);
    const journal = readFileSync(host.path("var/lib/roost/host/journal/alice.log"), "utf8");
    expect(journal).toContain("nanobot@alice.service");
    const last = host.snapshots("host").at(-1);
    expect(last?.id).toBe(workloads.host.snapshot);
    expect(host.files("host", String(last?.id))).toContain("host/journal/alice.log");
  });

  test("that is given again answers how it first found the agents", () => {
    const first = JSON.parse(drain().stdout);
    const { status, stdout } = drain();
    expect(status).toBe(0);
    expect(JSON.parse(stdout).workloads.alice).toEqual(first.workloads.alice);
    expect(first.workloads.alice.was).toBe("running");
  });

  test("is undone with its agents, and not one that a person had stopped", () => {
    drain();
    expect(host.unitState("roost-sync.timer")).toBe("inactive");
    expect(host.run(DRAIN, ["--undo"])).toMatchObject({ status: 0 });
    expect(existsSync(host.path("var/lib/roost/drained"))).toBe(false);
    expect(host.podmanState()).toBe("running");
    expect(host.unitState("roost-sync.timer")).toBe("active");
    mkdirSync(host.path("var/lib/roost/stopped"));
    writeFileSync(host.path("var/lib/roost/stopped/alice"), "");
    host.unit("nanobot@alice.service", "inactive");
    rmSync(host.path("podman/nanobot-alice"));
    const { stdout } = drain();
    expect(JSON.parse(stdout).workloads.alice.was).toBe("stopped");
    host.run(DRAIN, ["--undo"]);
    expect(host.unitState("nanobot@alice.service")).toBe("inactive");
    rmSync(host.path("var/lib/roost/stopped/alice"));
  });

  test("until the next boot leaves its marker where a boot removes it", () => {
    expect(problem(drain("--until-boot").stdout)).toBeUndefined();
    expect(existsSync(host.path("var/lib/roost/drained"))).toBe(false);
    expect(existsSync(host.path("run/roost/drained-until-boot"))).toBe(true);
  });

  test("fails with the way back when an agent does not stop, and takes no snapshot of it", () => {
    writeFileSync(host.path("deaf/nanobot@alice.service"), "");
    const before = newest();
    const { status, stdout, stderr } = drain();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trim().split("\n").at(-1)).toBe(
      `drain: not drained: these agents do not stop: alice; give the command again, or ${UNDO}`,
    );
    expect(newest()).toBe(before);
    expect(host.run(DRAIN, ["--undo"])).toMatchObject({ status: 0 });
    expect(host.podmanState()).toBe("running");
  });

  test("fails with the way back when a snapshot fails, and succeeds when it is given again", () => {
    host.write("more", "words");
    host.restic('case "$*" in *" backup "*) exit 1 ;; esac');
    const { status, stdout, stderr } = drain();
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trim().split("\n").at(-1)).toBe(
      `drain: not drained: no last snapshot of alice, see the lines above; give the command again, or ${UNDO}`,
    );
    expect(readFileSync(host.state("data/sessions/1.jsonl"), "utf8")).toBe('{"role":"user"}\n');
    host.restic("");
    expect(problem(drain().stdout)).toBeUndefined();
  });

  test("killed in the middle loses nothing and is given again", async () => {
    host.write("more", "and more");
    host.restic(`case "$*" in *" backup "*) touch "${host.path("uploading")}"; sleep 15 ;; esac`);
    const first = host.start(DRAIN, ["--json"]);
    while (!existsSync(host.path("uploading"))) await sleep(50);
    process.kill(-Number(first.pid), "SIGKILL");
    host.restic("");
    const { status, stdout } = drain();
    expect(status).toBe(0);
    expect(JSON.parse(stdout).workloads.alice).toEqual({ was: "running", snapshot: newest() });
  });

  test("changes nothing while the store is down", () => {
    host.access({ endpoint: "http://127.0.0.1:9" });
    expect(drain()).toMatchObject({
      status: 4,
      stderr: "drain: not drained, nothing was changed: the store does not answer\n",
    });
    expect(host.systemdLog()).toEqual([]);
    expect(existsSync(host.path("var/lib/roost/drained"))).toBe(false);
  });

  test("changes nothing while a release is applied", async () => {
    const holder = host.hold("run/roost/lock");
    try {
      await holder.held;
      expect(host.run(DRAIN, [], { LOCK_SECONDS: "0" })).toMatchObject({ status: 5 });
      expect(host.systemdLog()).toEqual([]);
    } finally {
      await holder.release();
    }
  });

  test("changes nothing while a removed workload's state has no last snapshot", () => {
    writeFileSync(host.path("var/lib/roost/volumes/bob.xfs"), "");
    expect(drain()).toMatchObject({ status: 3, stderr: expect.stringContaining("without its last snapshot: bob") });
    mkdirSync(host.path("var/lib/roost/removing"));
    writeFileSync(host.path("var/lib/roost/removing/bob"), '{"snapshot":"0123abcd"}');
    expect(problem(drain().stdout)).toBeUndefined();
    rmSync(host.path("var/lib/roost/volumes/bob.xfs"));
  });

  test("mounts the volume of a workload that has not run since the boot", () => {
    host.write("late", "words");
    host.unit("nanobot@alice.service", "inactive");
    host.unmount();
    const { status } = drain();
    expect(status).toBe(0);
    expect(host.files("alice", String(newest()))).toContain("late");
  });

  test("names the last snapshot of a workload whose state is not on this host", () => {
    host.unmount();
    rmSync(host.path("var/lib/roost/volumes/alice.xfs"));
    const { stdout } = drain();
    expect(JSON.parse(stdout).workloads.alice).toEqual({ was: "evicted", snapshot: newest() });
    expect(problem(stdout)).toBeUndefined();
  });

  test("does not say that a repository is whole which lacks a pack", () => {
    const packs = host.objects("alice/data/");
    for (const pack of packs) store.request("DELETE", pack);
    expect(packs.length).toBeGreaterThan(0);
    const { status, stderr } = drain();
    expect(status).toBe(1);
    expect(stderr).toContain("alice: its repository is not whole");
  });
});

describe("a workload without state", () => {
  beforeEach(begin);
  afterEach(end);

  test("is unborn when it never started, and only where the store has never seen it", () => {
    expect(host.run("roost-restore", ["host"])).toMatchObject({ status: 0 });
    const { stdout } = drain();
    expect(JSON.parse(stdout).workloads.alice).toEqual({ was: "unborn", snapshot: null });
    expect(problem(stdout)).toBeUndefined();
    store.request("PUT", host.bucketPath("alice/data/00/stray"), "left over");
    expect(drain()).toMatchObject({ status: 3, stdout: "" });
  });

  test("and with data that nobody restored or saved is not left behind", () => {
    expect(host.run("roost-restore", ["host"])).toMatchObject({ status: 0 });
    mkdirSync(host.state("data"));
    host.write("orphan", "only copy");
    expect(drain()).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining("data without a marker") });
    expect(readFileSync(host.state("data/orphan"), "utf8")).toBe("only copy");
  });

  test.each([[["--now"]], [["--undo", "--until-boot"]], [["alice"]]])("refuses the arguments %j", (args) => {
    expect(host.run(DRAIN, args)).toMatchObject({ status: 2, stdout: "" });
    expect(host.systemdLog()).toEqual([]);
  });
});
