import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../agents/secret.ts";
import type { Workload } from "../../agents/workload.ts";
import { entriesOf } from "../unit/components/release/fixtures.ts";
import { moltbot, nanobot } from "../unit/quadlets/fixtures.ts";
import { bornHost } from "./support/born-host.ts";
import { layOut, oracle, type Run, run, runIn } from "./support/host-tree.ts";

const BIRTH_UNITS = [
  "roost-birth.service",
  "roost-birth.timer",
  "roost-firewall.service",
  "roost-rebase.service",
  "roost-tailnet.service",
];

const mixes: Readonly<Record<string, readonly Workload[]>> = {
  "the Moltbot gateway": [moltbot()],
  "a master and two tenants": [nanobot("master"), nanobot("frontend"), nanobot("my-bot")],
  "everything at once": [moltbot(), nanobot("master"), nanobot("a")],
};

const registryAuth = new Secret('{"auths":{"ghcr.io":{}}}');

/** Puts a release in force; the generator finds it by the links that were made at birth. */
function release(root: string, workloads: readonly Workload[], quadlet: string): Run {
  layOut(join(root, "etc/roost/releases/1"), entriesOf(workloads, { registryAuth }));
  layOut(root, [{ path: "etc/roost/current", target: "releases/1" }]);
  run("install", ["-D", join(oracle(quadlet, "quadlet.sh"), "quadlet"), join(root, "usr/libexec/podman/quadlet")]);
  // systemd-analyze reads /run/systemd/system, and not the generators' folder of a running system.
  return runIn(root, ["/usr/libexec/podman/quadlet", "-no-kmsg-log", "/run/systemd/system"]);
}

/** The generated units, the bare template left out: it is no unit. */
const generated = (root: string): string[] =>
  readdirSync(join(root, "run/systemd/system")).filter((name) => /[^@]\.service$/.test(name));

const verify = (root: string, units: readonly string[], manager = "--system"): Run =>
  runIn(root, ["/usr/bin/systemd-analyze", manager, "verify", "--man=no", ...units], {
    HOME: "/root",
    XDG_RUNTIME_DIR: "/run",
    SYSTEMD_COLORS: "0",
  });

const CLEAN = { status: 0, stdout: "", stderr: "" };

describe("systemd 257", () => {
  test("accepts what a host is born with", async () => {
    const root = await bornHost();
    expect(runIn(root, ["/usr/bin/systemctl", "--quiet", "preset", ...BIRTH_UNITS])).toEqual(CLEAN);
    expect(readdirSync(join(root, "etc/systemd/system/multi-user.target.wants"))).toEqual([
      "roost-birth.service",
      "roost-rebase.service",
      "roost-tailnet.service",
    ]);
    expect(readdirSync(join(root, "etc/systemd/system/timers.target.wants"))).toEqual(["roost-birth.timer"]);
    expect(readdirSync(join(root, "etc/systemd/system/sysinit.target.wants"))).toEqual(["roost-firewall.service"]);
    expect(
      verify(root, [...BIRTH_UNITS, "roost-birth-again.service", "rpm-ostreed.service", "multi-user.target"]),
    ).toEqual(CLEAN);
  });

  test("accepts the rootless Podman socket of the user moltbot", async () => {
    expect(verify(await bornHost(), ["podman.socket", "sockets.target"], "--user")).toEqual(CLEAN);
  });

  for (const quadlet of ["quadlet-5.4", "quadlet-5.8"]) {
    test.each(Object.entries(mixes))(`accepts what ${quadlet} makes of %s on a born host`, async (_, workloads) => {
      const root = await bornHost();
      expect(release(root, workloads, quadlet)).toEqual(CLEAN);
      expect(verify(root, ["roost-agents.target", "multi-user.target", ...generated(root)])).toEqual(CLEAN);
    });
  }

  test.each([
    ["a key that it does not know", "[Service]\nProtectPodman=yes\n", "Unknown key"],
    ["a program that is not there", "[Service]\nExecStartPost=/usr/bin/nothing\n", "nothing is not executable"],
    ["a unit that is required and not there", "[Unit]\nRequires=nothing.service\n", "nothing.service not found"],
    ["a cycle", "[Unit]\nAfter=multi-user.target\nBefore=sysinit.target\n", "ordering cycle"],
  ])("would say so of %s", async (_, content, message) => {
    const root = await bornHost();
    layOut(root, [{ path: "etc/systemd/system/roost-tailnet.service.d/x.conf", content, mode: 0o644 }]);
    runIn(root, ["/usr/bin/systemctl", "--quiet", "preset", ...BIRTH_UNITS]);
    expect(verify(root, ["multi-user.target", "roost-tailnet.service"]).stderr).toContain(message);
  });
});

describe("a born host", () => {
  test("runs no container before the rebase or without the guard of the metadata address", async () => {
    const root = await bornHost();
    release(root, [moltbot(), nanobot("master"), nanobot("a")], "quadlet-5.4");
    const agents = ["moltbot-gateway.service", "nanobot-master.service", "nanobot@a.service", "nanobot@.service"];
    for (const agent of agents) {
      const lines = readFileSync(join(root, "run/systemd/system", agent), "utf8").split("\n");
      expect(lines).toContain("ConditionOSRelease=VARIANT_ID=ucore");
      expect(lines).toContain("Requires=roost-firewall.service");
    }
  });

  test("starts agents through roost-agents.target alone", async () => {
    const root = await bornHost();
    release(root, [moltbot(), nanobot("master"), nanobot("a")], "quadlet-5.8");
    const wants = readdirSync(join(root, "run/systemd/system"), { recursive: true, encoding: "utf8" });
    expect(wants.filter((name) => name.includes(".wants/") || name.includes(".requires/")).toSorted()).toEqual([
      "roost-agents.target.wants/moltbot-gateway.service",
      "roost-agents.target.wants/nanobot-master.service",
      "roost-agents.target.wants/nanobot@a.service",
    ]);
  });
});
