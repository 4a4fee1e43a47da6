import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Host } from "./support/host.ts";
import { Web } from "./support/web.ts";

const PARTS = ["tenant", "pairing", "restic", "deployment", "probe", "checks", "checks-agent", "restart"];
const HOUR = 3600_000;
const ago = (milliseconds: number) => `${new Date(Date.now() - milliseconds).toISOString().slice(0, 19)}Z`;

/** What a check prints. */
async function lines(host: Host, check: string): Promise<string[]> {
  const { out, err } = await host.library(PARTS, check);
  expect(err).toBe("");
  return out.split("\n").filter((line) => line !== "");
}

function hostWith(status: object): Host {
  const host = new Host();
  host.tenant("frontend");
  host.write("/var/lib/roost/status.json", JSON.stringify(status));
  return host;
}

const state = (frontend: object) => hostWith({ workloads: { frontend } });

/** A file system of its own with this share of it used. */
function mounted(host: Host, path: string, file: string, percent: number): void {
  const place = join(host.root, path);
  mkdirSync(place, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", place]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", place]));
  mkdirSync(join(place, file, ".."), { recursive: true });
  writeFileSync(join(place, file), Buffer.alloc((percent / 100) * 20 * 1024 * 1024));
}

test("a failed backup, restore and drill are named with their reason in one line", async () => {
  const failed = (reason: string) => ({ outcome: "failed", reason, failedAt: ago(0) });
  const host = state({
    backup: failed("shrank\nalert-path x: forged"),
    restore: failed("hidden"),
    drill: { ...failed("torn"), at: ago(HOUR) },
  });

  expect(await lines(host, "check_state frontend")).toEqual([
    "backup frontend: the last backup failed: shrank alert-path x: forged",
    "restore frontend: the agent waits for its state: hidden",
    "drill frontend: its backup was tried out and did not pass: torn",
  ]);
});

test.each([
  ["a snapshot within twice its interval and a quarter of an hour", { backup: { at: ago(20 * 60_000) } }, []],
  [
    "an old snapshot",
    { backup: { at: ago(2 * HOUR) } },
    [
      "snapshot-age frontend: the last snapshot is 120 minutes old, wanted is one every 5: `roost backup frontend` says why",
    ],
  ],
  [
    "no backup since its state was made",
    { restore: { outcome: "empty", at: ago(2 * HOUR) } },
    [
      "snapshot-age frontend: the last snapshot is 120 minutes old, wanted is one every 5: `roost backup frontend` says why",
    ],
  ],
  ["a later final snapshot", { backup: { at: ago(2 * HOUR) }, final: { at: ago(60_000) } }, []],
])("the age of a snapshot: %s", async (_, section, expected) => {
  expect(await lines(state(section), "check_state frontend")).toEqual(expected);
});

test("the host's own state is checked like an agent's", async () => {
  const host = hostWith({ workloads: { host: { backup: { at: ago(5 * HOUR) } } } });

  expect(await lines(host, "check_state host")).toEqual([
    "snapshot-age host: the last snapshot is 300 minutes old, wanted is one every 60: `roost backup host` says why",
  ]);
});

test("a drill that is two weeks old, and one that never was on a host as old, are named", async () => {
  const fresh = { backup: { at: ago(0) } };
  const old = state({ ...fresh, drill: { outcome: "passed", at: ago(16 * 24 * HOUR) } });
  const never = state(fresh);
  never.write("/etc/roost/birth.json", "{}");
  execFileSync("touch", ["--date", "17 days ago", join(never.root, "etc/roost/birth.json")]);
  const young = state(fresh);
  young.write("/etc/roost/birth.json", "{}");

  expect(await lines(old, "check_state frontend")).toEqual([
    "drill-age frontend: its backup was tried out 16 days ago: run `roost drill frontend`",
  ]);
  expect(await lines(never, "check_state frontend")).toEqual([
    "drill-age frontend: its backup was tried out never: run `roost drill frontend`",
  ]);
  expect(await lines(young, "check_state frontend")).toEqual([]);
});

test("a host disk at 85 % is named with what is largest on it", async () => {
  const host = new Host();
  mounted(host, "/var/lib/roost", "volumes/frontend.xfs", 90);

  expect(await lines(host, "check_disk")).toEqual([
    expect.stringMatching(/^disk host: 9\d % of the disk is used; the largest: \/var\/lib\/roost\/volumes 18M,/),
  ]);
});

test("a host disk below 85 % is no problem", async () => {
  const host = new Host();
  mounted(host, "/var/lib/roost", "volumes/frontend.xfs", 80);

  expect(await lines(host, "check_disk")).toEqual([]);
});

test("a tenant's full volume is that tenant's problem", async () => {
  const host = new Host();
  host.tenant("frontend");
  mounted(host, "/var/lib/roost/state/frontend", "data/big", 92);

  expect(await lines(host, "check_volume frontend")).toEqual([
    expect.stringMatching(
      /^volume frontend: 9\d % of its volume is used: let it delete something, or raise its volumeMib$/,
    ),
  ]);
});

test("an agent that ran into its memory or process limit is named, and a fresh container is not", async () => {
  const host = new Host();
  host.tenant("frontend");
  const group = "/sys/fs/cgroup/system.slice/nanobot@frontend.service";
  const count = (killed: number, forks: number) => {
    host.write(`${group}/memory.events`, `low 0\noom_kill ${killed}\n`);
    host.write(`${group}/libpod-payload-1/pids.events`, `max ${forks}\n`);
  };

  count(0, 0);
  expect(await lines(host, "check_limits frontend")).toEqual([]);
  count(1, 7);
  const named =
    "limits frontend: it ran into its own limits (1 killed for memory, 7 refused forks since its start): see what it does, or raise its memory";
  expect(await lines(host, "check_limits frontend")).toEqual([named]);
  expect(await lines(host, "check_limits frontend")).toEqual([named]);
  host.write("/var/lib/roost/health/limits-frontend", `${Math.floor(Date.now() / 1000) - 1801} 1 7\n`);
  expect(await lines(host, "check_limits frontend")).toEqual([]);
});

test.each([
  ["ahead", -24, /^clock host: its clock is 864\d\d s off/],
  ["behind", 24, /^clock host: its clock is -8(63|64)\d\d s off/],
])("a clock one day %s of the store is named once it is not synchronised", async (_, hours, expected) => {
  const host = new Host();
  const store = new Web(() => ({
    code: 403,
    body: "",
    headers: { date: new Date(Date.now() + hours * HOUR).toUTCString() },
  }));
  host.write("/var/lib/roost/releases/r1/secrets/state.json", JSON.stringify({ endpoint: await store.listen() }));

  expect(await lines(host, "check_clock")).toEqual([]);
  host.standIn("clock", "no");
  expect(await lines(host, "check_clock")).toEqual([expect.stringMatching(expected)]);
});

test("a clock that is right, or a store that does not answer, is no problem of the clock", async () => {
  const host = new Host();
  host.standIn("clock", "no");
  host.write("/var/lib/roost/releases/r1/secrets/state.json", JSON.stringify({ endpoint: "http://127.0.0.1:9" }));
  expect(await lines(host, "check_clock")).toEqual([]);

  const store = new Web(() => ({ code: 403, body: "" }));
  host.write("/var/lib/roost/releases/r1/secrets/state.json", JSON.stringify({ endpoint: await store.listen() }));
  expect(await lines(host, "check_clock")).toEqual([]);
});

test.each([
  [
    "ID=fedora\nVARIANT_ID=coreos\n",
    ["gate host: still on Fedora CoreOS, so it has no tailnet and runs no agent: see `journalctl -u roost-rebase`"],
  ],
  ["ID=fedora\nVARIANT_ID=ucore\n", []],
  ["ID=debian\n", []],
])("the gate of the operating system %j", async (text, expected) => {
  const host = new Host();
  host.write("/etc/os-release", text);

  expect(await lines(host, "check_gate")).toEqual(expected);
});

test("a release that was refused is named, and one that is in force is not", async () => {
  expect(await lines(hostWith({ release: { outcome: "refused", reason: "wrong key" } }), "check_release")).toEqual([
    "release host: the last attempt ended as refused: wrong key",
  ]);
  expect(await lines(hostWith({ release: { outcome: "applied", reason: null } }), "check_release")).toEqual([]);
});

test("a failed unit of the host is named, but for those that status.json tells of", async () => {
  const host = new Host();
  host.standIn(
    "failed",
    "roost-firewall.service loaded failed failed Firewall\nroost-backup@frontend.service loaded failed failed Backup",
  );

  expect(await lines(host, "check_host_units")).toEqual([
    "unit roost-firewall.service: it failed: `journalctl -u roost-firewall.service` says why",
  ]);
});

test("a firewall that is not loaded is named", async () => {
  const host = new Host();
  expect(await lines(host, "check_firewall")).toEqual([]);

  host.standIn("no-firewall", "");
  expect(await lines(host, "check_firewall")).toEqual([
    "firewall host: its rules are not loaded: `systemctl restart roost-firewall`",
  ]);
});

test("a removed workload that could not be removed is named", async () => {
  const host = hostWith({ workloads: { gone: { final: { outcome: "failed", reason: "the store does not answer" } } } });
  host.write("/var/lib/roost/removing/gone", "{}");

  expect(await lines(host, "check_removals")).toEqual([
    "removal gone: this removed workload and its volume are still here: the store does not answer",
  ]);
});

test("all tasks waiting for memory is named from a tenth of the time on", async () => {
  const host = new Host();
  const pressure = (full: string) =>
    host.write(
      "/proc/pressure/memory",
      `some avg10=0.00 avg60=0.00 avg300=50.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=${full} total=1\n`,
    );

  pressure("9.99");
  expect(await lines(host, "check_memory")).toEqual([]);
  pressure("12.30");
  expect(await lines(host, "check_memory")).toEqual([
    "memory host: every task waited for memory 12 % of the last five minutes: a larger plan or fewer agents",
  ]);
});

test("a tailnet that is down, and a key that ends within two weeks, are named", async () => {
  const host = new Host();
  host.standIn("tailscale", JSON.stringify({ BackendState: "NeedsLogin" }));
  expect(await lines(host, "check_tailnet")).toEqual([
    expect.stringMatching(/^tailnet host: its state is NeedsLogin:/),
  ]);

  const expires = (days: number) =>
    host.standIn("tailscale", JSON.stringify({ BackendState: "Running", Self: { KeyExpiry: ago(-days * 24 * HOUR) } }));
  expires(13);
  expect(await lines(host, "check_tailnet")).toEqual([
    expect.stringMatching(/^tailnet-key host: its tailnet key ends on /),
  ]);
  expires(15);
  expect(await lines(host, "check_tailnet")).toEqual([]);
});

test("five restarts within an hour are a loop, and a counter that began anew is none", async () => {
  const host = new Host();
  host.tenant("frontend");
  const restarts = async (count: number) => {
    host.standIn("units/nanobot@frontend.service", `active ${count}`);
    return lines(host, "check_unit frontend");
  };

  expect(await restarts(2)).toEqual([]);
  expect(await restarts(6)).toEqual([]);
  expect(await restarts(7)).toEqual([
    "restart-loop frontend: nanobot@frontend.service was restarted 5 times or more within the hour: `roost logs frontend` says why",
  ]);
  expect(await restarts(0)).toEqual([]);
});
