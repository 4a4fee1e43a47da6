import { expect, test } from "vitest";
import { Host } from "./support/host.ts";

const OLD = "0".repeat(64);
const NEW = "1".repeat(64);

interface Reboot {
  readonly outcome: string;
  readonly reason: string | null;
  readonly rejected?: string;
}

/** A healthy host with a tenant and an OS update that is staged. */
function staged(): Host {
  const host = new Host();
  host.tenant("frontend");
  deployments(host, [
    { checksum: NEW, booted: false, staged: true },
    { checksum: OLD, booted: true, staged: false },
  ]);
  host.standIn("units/roost-agents.target", "active 0");
  host.environment["GATE_SECONDS"] = "0";
  return host;
}

const deployments = (host: Host, list: object[]) => host.standIn("deployments", JSON.stringify(list));

/** The machine boots what is first in its list. */
function boot(host: Host, running: string): void {
  deployments(host, [
    { checksum: running, booted: true, staged: false },
    { checksum: running === NEW ? OLD : NEW, booted: false, staged: false },
  ]);
}

const reboots = (host: Host) =>
  host
    .calls()
    .split("\n")
    .filter((call) => call === "systemctl reboot").length;
const outcome = (host: Host) => host.status()["reboot"] as Reboot;
const window = (host: Host, reboot: object | null) =>
  host.write("/etc/roost/releases/r1/host/config.json", JSON.stringify({ stack: "vultr.test", host: "bird", reboot }));

/** Day and hour of this moment, in UTC. */
function thisHour(shift = 0): { day: string; hour: number } {
  const moment = new Date(Date.now() + shift * 3600_000);
  return { day: moment.toUTCString().slice(0, 3), hour: moment.getUTCHours() };
}

test("within its window: snapshots first, then one reboot", async () => {
  const host = staged();
  window(host, thisHour());

  expect((await host.run("roost-reboot")).code).toBe(0);

  const calls = host
    .calls()
    .split("\n")
    .filter((call) => /^systemctl (start|reboot)/.test(call));
  expect(calls).toEqual(["systemctl start roost-backup@frontend.service", "systemctl reboot"]);
  expect(outcome(host)).toMatchObject({ outcome: "rebooting", from: OLD, to: NEW, well: ["frontend"], tailnet: true });
});

test.each([
  ["in another hour", thisHour(2)],
  ["with windows switched off", null],
])("nothing happens %s", async (_, reboot) => {
  const host = staged();
  window(host, reboot);

  expect((await host.run("roost-reboot")).code).toBe(0);
  expect(reboots(host)).toBe(0);
});

test("nothing happens without a staged update", async () => {
  const host = staged();
  boot(host, OLD);

  expect((await host.run("roost-reboot", "--now")).code).toBe(0);
  expect(reboots(host)).toBe(0);
});

test("a snapshot that fails postpones the update", async () => {
  const host = staged();
  host.standIn("backup-fails", "");

  const { code, err } = await host.run("roost-reboot", "--now");

  expect(code).toBe(4);
  expect(err).toContain("frontend: no snapshot could be taken, so the update waits: roost backup frontend says why");
  expect(reboots(host)).toBe(0);
  expect(outcome(host)).toMatchObject({ outcome: "postponed" });
});

test("a drained host does not reboot", async () => {
  const host = staged();
  host.write("/var/lib/roost/drained", "");

  expect((await host.run("roost-reboot", "--now")).code).toBe(3);
  expect(reboots(host)).toBe(0);
});

test("a release that is being applied is not interrupted", async () => {
  const host = staged();

  const { err } = await host.library(
    [],
    `mkdir -p "$RUN"; exec 7>>"$RUN/lock"; flock 7
     sed 's/LOCK_SECONDS=300/LOCK_SECONDS=0/' "$REPOSITORY/host/roost-reboot" >"$ROOT/roost-reboot"; ln -s "$REPOSITORY/host/lib" "$ROOT/lib"
     bash "$ROOT/roost-reboot" --now; echo "exit $?" >&2`,
  );

  expect(err).toContain("another command holds the lock");
  expect(reboots(host)).toBe(0);
});

test("after the boot: what was well is well, so the update stays", async () => {
  const host = staged();
  await host.run("roost-reboot", "--now");
  boot(host, NEW);

  expect((await host.run("roost-reboot", "--gate")).code).toBe(0);
  expect(outcome(host)).toMatchObject({ outcome: "updated", reason: null });
  expect(host.calls()).not.toContain("rpm-ostree rollback");
});

test("an agent that is sick after the update: one return, and the update is not tried again", async () => {
  const host = staged();
  await host.run("roost-reboot", "--now");
  boot(host, NEW);
  host.standIn("containers/nanobot-frontend", "unhealthy");

  await host.run("roost-reboot", "--gate");
  expect(outcome(host)).toMatchObject({
    outcome: "returning",
    reason: "frontend was healthy before and is not: roost logs frontend",
  });
  expect(reboots(host)).toBe(2);

  boot(host, OLD);
  expect((await host.run("roost-reboot", "--gate")).code).toBe(1);
  expect(outcome(host)).toMatchObject({ outcome: "returned", rejected: NEW });

  deployments(host, [
    { checksum: NEW, booted: false, staged: true },
    { checksum: OLD, booted: true, staged: false },
  ]);
  expect((await host.run("roost-reboot", "--now")).code).toBe(0);
  expect(reboots(host)).toBe(2);
  expect((await host.run("roost-reboot", "--gate")).code).toBe(0);
  expect(reboots(host)).toBe(2);
});

test("a boot that verified nothing, and a tailnet that is gone, are reasons to return", async () => {
  for (const spoil of [
    (host: Host) => host.standIn("units/roost-agents.target", "inactive 0"),
    (host: Host) => host.standIn("tailscale", JSON.stringify({ BackendState: "NeedsLogin" })),
  ]) {
    const host = staged();
    await host.run("roost-reboot", "--now");
    boot(host, NEW);
    spoil(host);

    await host.run("roost-reboot", "--gate");
    expect(outcome(host).outcome).toBe("returning");
  }
});

test("an agent that was sick before the update, or stopped since, does not cause a return", async () => {
  const host = staged();
  host.tenant("sick");
  host.standIn("containers/nanobot-sick", "unhealthy");
  await host.run("roost-reboot", "--now");
  boot(host, NEW);
  host.write("/var/lib/roost/stopped/frontend", "");
  host.standIn("units/nanobot@frontend.service", "inactive 0");

  expect((await host.run("roost-reboot", "--gate")).code).toBe(0);
  expect(outcome(host).outcome).toBe("updated");
});

test("an update that did not boot is said, and not tried again", async () => {
  const host = staged();
  await host.run("roost-reboot", "--now");
  boot(host, OLD);

  expect((await host.run("roost-reboot", "--gate")).code).toBe(1);
  expect(outcome(host)).toMatchObject({ outcome: "failed", rejected: NEW });
  expect(reboots(host)).toBe(1);
});

test("without a way back the host stays as it is, and says so", async () => {
  const host = staged();
  await host.run("roost-reboot", "--now");
  deployments(host, [{ checksum: NEW, booted: true, staged: false }]);
  host.standIn("containers/nanobot-frontend", "unhealthy");

  expect((await host.run("roost-reboot", "--gate")).code).toBe(1);
  expect(outcome(host).reason).toContain("there is no way back to the OS of before");
  expect(reboots(host)).toBe(1);
});

test("health tells of a return", async () => {
  const host = staged();
  host.write("/var/lib/roost/status.json", JSON.stringify({ reboot: { outcome: "returned", reason: "sick" } }));

  const { out } = await host.library(["tenant", "restic", "deployment", "probe", "checks"], "check_reboot");
  expect(out.split("\n")[0]).toBe("reboot host: the last OS update ended as returned: sick");
});

test("a boot without a reboot of ours changes nothing", async () => {
  const host = staged();

  expect((await host.run("roost-reboot", "--gate")).code).toBe(0);
  expect(host.exists("/var/lib/roost/reboot.json")).toBe(false);
});
