import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { derivedSecret, hostRoot } from "../../../components/store/derive.ts";
import { Host, STORE_ROOT } from "./support/host.ts";
import { type Store, startStore } from "./support/store.ts";

let store: Store;
let hosts: Host[] = [];
let stack = 0;
let host: Host;

beforeAll(async () => {
  store = await startStore();
}, 60_000);
afterAll(() => store.stop());
beforeEach(() => {
  stack += 1;
  host = another();
});
afterEach(() => {
  for (const each of hosts) each.remove();
  hosts = [];
});

function another(options: Partial<ConstructorParameters<typeof Host>[1]> = {}): Host {
  const made = new Host(store, { stack: `vultr.t${stack}`, ...options });
  hosts.push(made);
  return made;
}

function tags(of: Host): string[][] {
  return of.snapshots().map((snapshot) => snapshot.tags);
}

/** A host whose agent has begun empty and then written. */
function withHistory(): void {
  expect(host.run("roost-restore")).toMatchObject({ status: 0 });
  mkdirSync(host.state("data/sessions"));
  host.write("sessions/1.jsonl", '{"role":"user"}\n');
  for (let file = 0; file < 9; file++) host.write(`note-${file}`, `${file}`);
  chownSync(host.state("data/sessions/1.jsonl"), 300_001, 300_001);
  host.podman("running");
  expect(host.run("roost-backup")).toMatchObject({ status: 0 });
}

describe("a new workload", () => {
  test("starts empty in the generation it was born in, with a first snapshot in the store", () => {
    expect(host.run("roost-restore")).toMatchObject({ status: 0 });
    expect(tags(host)).toEqual([["roost", "generation=1", "sequence=0", "kind=first"]]);
    expect(host.marker()).toMatchObject({
      stack: `vultr.t${stack}`,
      host: "host",
      workload: "alice",
      generation: 1,
      sequence: 0,
    });
    expect(statSync(host.state("data"))).toMatchObject({ uid: 300_001, gid: 300_001 });
  });

  test("does not start empty in a later generation", () => {
    const later = another({ generation: 2, born: 1 });
    expect(later.run("roost-restore")).toMatchObject({ status: 3, stderr: expect.stringContaining("fresh: 2") });
    expect(existsSync(later.state(".roost-marker.json"))).toBe(false);
    expect(existsSync(later.state("data"))).toBe(false);
  });

  test("starts empty in a later generation when a person allows it", () => {
    const later = another({ generation: 2, born: 1, workload: { fresh: 2 } });
    expect(later.run("roost-restore")).toMatchObject({ status: 0 });
    expect(later.marker()).toMatchObject({ generation: 2, sequence: 0 });
  });
});

test("the password of a repository is the one that the deployment derives", () => {
  const script = `. "$1/lib/common.sh"; . "$1/lib/restic.sh"; restic_password alice`;
  const password = execFileSync("bash", ["-c", script, "test", "host"], { encoding: "utf8", env: host.env() });
  expect(password).toBe(derivedSecret(hostRoot(STORE_ROOT, "host"), "restic:alice"));
});

describe("a workload with history", () => {
  beforeEach(withHistory);

  test("is the same on the next host, files, owners and modes", () => {
    const next = another({ generation: 2 });
    expect(next.run("roost-restore")).toMatchObject({ status: 0 });
    expect(readFileSync(next.state("data/sessions/1.jsonl"), "utf8")).toBe('{"role":"user"}\n');
    expect(statSync(next.state("data/sessions/1.jsonl"))).toMatchObject({ uid: 300_001 });
    expect(next.marker()).toMatchObject({ generation: 2, sequence: 1, files: 10 });
    expect(next.status("restore")).toMatchObject({ outcome: "restored", sequence: 1 });
  });

  test("continues its sequence on the next host", () => {
    const next = another({ generation: 2 });
    next.run("roost-restore");
    next.write("new", "new");
    expect(next.run("roost-backup")).toMatchObject({ status: 0 });
    expect(tags(next).at(-1)).toEqual(["roost", "generation=2", "sequence=2", "kind=interval"]);
  });

  test("is paused for the copy and runs afterwards", () => {
    expect(host.podmanLog().filter((line) => line.includes("pause"))).toEqual([
      "pause nanobot-alice",
      "unpause nanobot-alice",
    ]);
    expect(host.podmanState()).toBe("running");
    expect(host.status("backup")).toMatchObject({ outcome: "uploaded", pauseMs: expect.any(Number) });
  });

  test("is not uploaded again while nothing changes", () => {
    expect(host.run("roost-backup")).toMatchObject({ status: 0 });
    expect(host.snapshots()).toHaveLength(2);
    expect(host.status("backup")).toMatchObject({ outcome: "unchanged", snapshot: host.marker()["snapshot"] });
  });

  test("has a last snapshot when its agent has stopped", () => {
    host.write("last", "words");
    host.podman("exited");
    expect(host.run("roost-final")).toMatchObject({ status: 0 });
    expect(tags(host).at(-1)).toContain("kind=final");
    expect(host.status("final")).toMatchObject({ outcome: "uploaded", snapshot: host.marker()["snapshot"] });
  });

  test("is left alone by a restore when it is there", () => {
    host.write("new", "new");
    expect(host.run("roost-restore")).toMatchObject({ status: 0 });
    expect(readFileSync(host.state("data/new"), "utf8")).toBe("new");
  });
});
