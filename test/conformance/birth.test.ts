import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { breakGlassRule } from "../../butane/firewall.ts";
import { type HostButaneArgs } from "../../butane/host.ts";
import { bornHost } from "./support/born-host.ts";
import { layOut, type Run, runIn } from "./support/host-tree.ts";

/** A born host with stand-ins for programs; each writes its arguments to /log. */
async function host(
  stubs: Readonly<Record<string, string>> = {},
  changes: Partial<HostButaneArgs> = {},
): Promise<string> {
  const root = await bornHost(changes);
  layOut(
    root,
    Object.entries(stubs).map(([name, body]) => ({
      path: `usr/local/bin/${name}`,
      content: `#!/bin/bash\necho "${name} $*" >>/log\n${body}\n`,
      mode: 0o755,
    })),
  );
  return root;
}

/** A stand-in for tailscale that tells the state in /tmp/state. */
const tailscale = (onUp: string): string => `case $1 in
status) echo "{\\"BackendState\\":\\"$(cat /tmp/state)\\"}" ;;
up) ${onUp} ;;
esac`;

const log = (root: string): string[] => readFileSync(join(root, "log"), "utf8").trimEnd().split("\n");

const bash = (root: string, ...command: readonly string[]): Run =>
  runIn(root, ["/usr/bin/bash", ...command], { PATH: "/usr/local/bin:/usr/bin" });

describe("the user moltbot", () => {
  test("has its fixed ids, no password and no group that grants anything", async () => {
    const root = await host();
    const lines = (path: string) => readFileSync(join(root, path), "utf8").split("\n");
    expect(lines("etc/passwd").filter((line) => line.startsWith("moltbot:"))).toEqual([
      "moltbot:x:1001:1001::/var/home/moltbot:/usr/sbin/nologin",
    ]);
    expect(lines("etc/shadow").find((line) => line.startsWith("moltbot:"))).toMatch(/^moltbot:\*:/);
    expect(lines("etc/group").filter((line) => line.includes("moltbot"))).toEqual(["moltbot:x:1001:"]);
    expect(lines("etc/subuid")).toEqual(["core:524288:65536", "moltbot:589824:65536", ""]);
  });
});

describe("roost-rebase", () => {
  const image = "ostree-image-signed:docker://ghcr.io/ublue-os/ucore-minimal:stable";
  const rebase = `rpm-ostree rebase --bypass-driver ${image}`;

  test("rebases to the signed image and reboots", async () => {
    const root = await host({ "rpm-ostree": "", systemctl: "" });
    expect(bash(root, "/usr/local/bin/roost-rebase", "60").status).toBe(0);
    expect(log(root)).toEqual([rebase, "systemctl --no-block reboot"]);
  });

  test("tries again after a failure", async () => {
    const root = await host({
      "rpm-ostree": "[ -e /tmp/tried ] || { touch /tmp/tried; exit 1; }",
      systemctl: "",
      sleep: "",
    });
    expect(bash(root, "/usr/local/bin/roost-rebase", "60").status).toBe(0);
    expect(log(root)).toEqual([rebase, "sleep 30", rebase, "systemctl --no-block reboot"]);
  });

  test("gives up with one line when the time is over, and does not reboot", async () => {
    const root = await host({ "rpm-ostree": "exec /usr/bin/sleep 60", systemctl: "", sleep: "" });
    const { status, stderr } = bash(root, "/usr/local/bin/roost-rebase", "1");
    expect(status).toBe(1);
    expect(stderr).toBe(
      "roost-rebase: gave up on ghcr.io/ublue-os/ucore-minimal:stable after 1 s; no agent runs on this host until a reboot tries again\n",
    );
    expect(log(root)).not.toContain("systemctl --no-block reboot");
  });
});

describe("roost-tailnet", () => {
  const up = "tailscale up --ssh --hostname=agent --auth-key=file:/var/lib/roost/tailnet.key --timeout=60s";
  const key = "var/lib/roost/tailnet.key";

  test("joins with the key as a file and removes it", async () => {
    const root = await host({ tailscale: tailscale("echo Running >/tmp/state") });
    layOut(root, [{ path: "tmp/state", content: "NeedsLogin", mode: 0o644 }]);
    expect(bash(root, "/usr/local/bin/roost-tailnet").status).toBe(0);
    expect(log(root)).toEqual(["tailscale status --json", up, "tailscale status --json"]);
    expect(existsSync(join(root, key))).toBe(false);
  });

  test("keeps the key when the join fails, so that the next attempt has it", async () => {
    const root = await host({ tailscale: tailscale("exit 1") });
    layOut(root, [{ path: "tmp/state", content: "NeedsLogin", mode: 0o644 }]);
    expect(bash(root, "/usr/local/bin/roost-tailnet").status).toBe(1);
    expect(existsSync(join(root, key))).toBe(true);
  });

  test("keeps the key when the join ends without a running node", async () => {
    const root = await host({ tailscale: tailscale("true") });
    layOut(root, [{ path: "tmp/state", content: "NeedsMachineAuth", mode: 0o644 }]);
    expect(bash(root, "/usr/local/bin/roost-tailnet").status).toBe(1);
    expect(existsSync(join(root, key))).toBe(true);
  });

  test("does not use the one-off key again on a node that has joined", async () => {
    const root = await host({ tailscale: tailscale("exit 1") });
    layOut(root, [{ path: "tmp/state", content: "Running", mode: 0o644 }]);
    expect(bash(root, "/usr/local/bin/roost-tailnet").status).toBe(0);
    expect(log(root)).not.toContain(up);
    expect(existsSync(join(root, key))).toBe(false);
  });
});

describe("the firewall", () => {
  const nft = "/usr/sbin/nft";
  const load = `${nft} -f /etc/roost/firewall.nft && ${nft} -f /etc/roost/firewall-exceptions.nft`;
  const opened = async (...cidrs: string[]) => {
    const root = await host();
    layOut(
      root,
      cidrs.map((cidr, index) => ({
        path: `etc/roost/releases/none/firewall/${index}.nft`,
        content: breakGlassRule(cidr),
        mode: 0o644,
      })),
    );
    return root;
  };

  test.each([
    ["without a release", []],
    ["with break glass from IPv4", ["203.0.113.0/24"]],
    ["with break glass from IPv6", ["2001:db8::/48"]],
  ])("is a ruleset that nft accepts %s", async (_, cidrs) => {
    const root = await opened(...cidrs);
    expect(bash(root, "-c", load)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("replaces itself as a whole when it is loaded again", async () => {
    const root = await opened("203.0.113.0/24");
    const once = bash(root, "-c", `${load} && ${nft} list ruleset`);
    expect(once.stdout.match(/tcp dport 22/g)).toHaveLength(1);
    expect(bash(root, "-c", `${load} && ${load} && ${nft} list ruleset`)).toEqual(once);
  });

  test("opens SSH to the break-glass network alone", async () => {
    const root = await opened("203.0.113.0/24");
    const { stdout } = bash(root, "-c", `${load} && ${nft} list chain inet roost input`);
    expect(stdout).toContain("policy drop;");
    expect(stdout.split("\n").filter((line) => line.includes("dport 22"))).toEqual([
      "\t\tip saddr 203.0.113.0/24 tcp dport 22 accept",
    ]);
  });

  test("keeps its own rules when what a release opens cannot be loaded", async () => {
    const root = await opened("203.0.113.0/240");
    const { stdout } = bash(root, "-c", `${load}; ${nft} list chain inet roost input`);
    expect(stdout).toContain("policy drop;");
    expect(stdout).not.toContain("dport 22");
  });
});
