import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cheapKey } from "./support/cheap-key.ts";
import { Host } from "./support/host.ts";
import { HOST_KEY, type Store, startStore } from "./support/store.ts";

const STACK = "vultr.failures";

let store: Store;
let host: Host;
let others: Host[] = [];

// One host with history; every test leaves its state as it was.
beforeAll(async () => {
  store = await startStore();
  host = new Host(store, { stack: STACK });
  expect(host.run("roost-restore")).toMatchObject({ status: 0 });
  cheapKey(host);
  host.neverForgets();
  mkdirSync(host.state("data/sessions"));
  host.write("sessions/1.jsonl", "{}\n");
  for (let file = 0; file < 8; file++) host.write(`note-${file}`, "");
  host.podman("running");
  expect(host.run("roost-backup")).toMatchObject({ status: 0 });
});
afterAll(async () => {
  host.remove();
  await store.stop();
});
beforeEach(() => host.podman("running"));
afterEach(() => {
  for (const other of others) other.remove();
  others = [];
  host.access({ endpoint: store.endpoint, ...HOST_KEY });
});

function another(options: Partial<ConstructorParameters<typeof Host>[1]>): Host {
  const made = new Host(store, { stack: STACK, ...options });
  others.push(made);
  return made;
}

/** A host whose agent must not start: no marker, no data, no snapshot that was not there. */
function expectNotStarted(other: Host): void {
  expect(existsSync(other.state(".roost-marker.json"))).toBe(false);
  expect(existsSync(other.state("data"))).toBe(false);
}

describe("a store that is not what it was", () => {
  let liar: Server;
  beforeAll(async () => {
    liar = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => new Promise((resolve) => liar.close(resolve)));

  test("and is down keeps an agent waiting, in its first generation too", () => {
    for (const generation of [1, 2]) {
      const other = another({ generation, endpoint: "http://127.0.0.1:9" });
      expect(other.run("roost-restore")).toMatchObject({
        status: 4,
        stderr: expect.stringContaining("starts by itself"),
      });
      expectNotStarted(other);
    }
  });

  test("and answers 404 to everything is taken for no empty one", async () => {
    const endpoint = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
    for (const [generation, status] of [
      [1, 4],
      [2, 3],
    ] as const) {
      const other = another({ generation, endpoint });
      // Not spawnSync: this very process has to answer.
      expect(await other.runBeside("roost-restore")).toBe(status);
      expectNotStarted(other);
    }
    host.access({ endpoint });
    expect(await host.runBeside("roost-backup")).toBe(3);
  });

  test("and hides its config starts no agent empty, and is written no second repository", () => {
    const config = host.bucketPath("alice/config");
    store.request("DELETE", config, "", HOST_KEY);
    try {
      for (const generation of [1, 2]) {
        const other = another({ generation });
        expect(other.run("roost-restore")).toMatchObject({ status: 3 });
        expectNotStarted(other);
      }
      expect(host.run("roost-backup")).toMatchObject({ status: 3, stderr: expect.stringContaining("no repository") });
      expect(host.objects("alice/config")).toEqual([]);
    } finally {
      store.restore(config);
    }
    expect(host.run("roost-backup")).toMatchObject({ status: 0 });
  });
});

test("another root opens nothing and changes nothing", () => {
  const other = another({ generation: 2, root: Buffer.alloc(32, 9).toString("base64url") });
  expect(other.run("roost-restore")).toMatchObject({ status: 1, stderr: expect.stringContaining("another password") });
  expectNotStarted(other);
});

test("a key that the store does not know changes nothing", () => {
  host.access({ key: "wrong-secret-0123456789" });
  expect(host.run("roost-backup").status).toBe(1);
  expect(host.podmanState()).toBe("running");
});

describe("a tree that is not what it was", () => {
  test.each(["roost-backup", "roost-final"])("and is empty is not put over a good snapshot by %s", (script) => {
    const before = host.snapshots();
    execFileSync("mv", [host.state("data"), host.state("away")]);
    mkdirSync(host.state("data"));
    try {
      expect(host.run(script)).toMatchObject({ status: 3, stderr: expect.stringContaining("its tree shrank") });
    } finally {
      rmSync(host.state("data"), { recursive: true });
      execFileSync("mv", [host.state("away"), host.state("data")]);
    }
    expect(host.snapshots()).toEqual(before);
    expect(host.podmanState()).toBe("running");
  });

  test("and is not mounted is no empty one", () => {
    host.unmount();
    try {
      expect(host.run("roost-backup")).toMatchObject({ status: 1, stderr: expect.stringContaining("is not mounted") });
    } finally {
      host.mount();
    }
  });

  test("and lost its marker is neither backed up nor overwritten", () => {
    execFileSync("mv", [host.state(".roost-marker.json"), host.state("marker")]);
    try {
      expect(host.run("roost-backup")).toMatchObject({ status: 3 });
      expect(host.run("roost-restore")).toMatchObject({
        status: 3,
        stderr: expect.stringContaining("without a marker"),
      });
      expect(readFileSync(host.state("data/sessions/1.jsonl"), "utf8")).toBe("{}\n");
    } finally {
      execFileSync("mv", [host.state("marker"), host.state(".roost-marker.json")]);
    }
  });
});

test("a full volume leaves no half restored state, and the restore succeeds once there is room", () => {
  const fill = (of: Host) => {
    try {
      execFileSync("dd", ["if=/dev/zero", `of=${of.state("filler")}`, "bs=1M", "status=none"], { stdio: "ignore" });
    } catch {
      // Full is what it is to be.
    }
  };
  host.write("big", "x".repeat(4_000_000));
  expect(host.run("roost-backup")).toMatchObject({ status: 0 });
  const other = another({ generation: 2 });
  fill(other);
  expect(other.run("roost-restore")).toMatchObject({ status: 1 });
  expectNotStarted(other);
  rmSync(other.state("filler"));
  expect(other.run("roost-restore")).toMatchObject({ status: 0 });
  rmSync(host.state("data/big"));
  expect(host.run("roost-backup", ["alice", "--accept"])).toMatchObject({ status: 0 });
});

test("of two commands on one state the second gives way", async () => {
  const holder = host.hold("run/roost/state-alice.lock");
  await holder.held;
  try {
    for (const script of ["roost-backup", "roost-final", "roost-restore"]) {
      expect(host.run(script, ["alice"], { STATE_LOCK_SECONDS: "0" })).toMatchObject({ status: 5 });
    }
  } finally {
    await holder.release();
  }
});

test.each([
  ["ahead", 86_400],
  ["behind", -86_400],
])("a clock one day %s takes no snapshot", (_, seconds) => {
  const real = execFileSync("bash", ["-c", "type -P date"], { encoding: "utf8" }).trim();
  host.shadow("date", `if [ "$*" = +%s ]; then echo $(($(${real} +%s) + ${seconds})); else exec ${real} "$@"; fi`);
  const before = host.snapshots();
  try {
    expect(host.run("roost-backup")).toMatchObject({ status: 3, stderr: expect.stringContaining("off the store's") });
  } finally {
    host.unshadow("date");
  }
  expect(host.snapshots()).toEqual(before);
});

test("a hostile tree is copied as it is: nothing is followed, nothing waits, and a giant stays away", () => {
  writeFileSync(host.path("secret"), "of the host");
  symlinkSync(host.path("secret"), host.state("data/link"));
  symlinkSync("/etc", host.state("data/folder"));
  execFileSync("mkfifo", [host.state("data/fifo")]);
  execFileSync("truncate", ["--size", "1T", host.state("data/giant")]);
  host.write("odd\nname", "x");
  try {
    expect(host.run("roost-backup")).toMatchObject({ status: 0 });
    const other = another({ generation: 2 });
    expect(other.run("roost-restore")).toMatchObject({ status: 0 });
    expect(readlinkSync(other.state("data/link"))).toBe(host.path("secret"));
    expect(lstatSync(other.state("data/folder")).isSymbolicLink()).toBe(true);
    expect(lstatSync(other.state("data/fifo")).isFIFO()).toBe(true);
    expect(existsSync(other.state("data/giant"))).toBe(false);
    expect(readFileSync(other.state("data/odd\nname"), "utf8")).toBe("x");
  } finally {
    for (const name of ["link", "folder", "fifo", "giant", "odd\nname"]) rmSync(host.state("data", name));
  }
});

test("a machine that was replaced writes no more", () => {
  const successor = another({ generation: 2 });
  expect(successor.run("roost-restore")).toMatchObject({ status: 0 });
  successor.write("new", "of the successor");
  expect(successor.run("roost-backup")).toMatchObject({ status: 0 });
  host.write("late", "words");
  expect(host.run("roost-backup")).toMatchObject({ status: 3, stderr: expect.stringContaining("it has a successor") });
});
