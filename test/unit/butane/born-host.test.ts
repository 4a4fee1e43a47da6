import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AGENT_UIDS, MOLTBOT_UID } from "../../../quadlets/uid-map.ts";
import { file, parseHost, paths } from "./rendered-host.ts";

const host = parseHost();

function unit(name: string): string {
  const contents = host.systemd.units.find((candidate) => candidate.name === name)?.contents;
  if (contents === undefined) throw new Error(`the host is born without ${name}`);
  return contents;
}

/** The rules of a chain of the firewall. */
function chain(name: string): string[] {
  const { text } = file(host, "/etc/roost/firewall.nft");
  const [, body = ""] = new RegExp(`\\n  chain ${name} \\{\\n(.*?)\\n  \\}\\n`, "s").exec(text) ?? [];
  return body
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => !line.startsWith("#"));
}

describe("a born host", () => {
  test("has the user moltbot with fixed ids, without password, sudo or login", () => {
    expect(host.passwd.groups).toEqual([{ gid: 1001, name: "moltbot" }]);
    expect(host.passwd.users[0]).toEqual({
      name: "moltbot",
      primaryGroup: "moltbot",
      shell: "/usr/sbin/nologin",
      uid: 1001,
    });
  });

  test.each(["/etc/subuid", "/etc/subgid"])("fixes the subordinate ids of moltbot in %s", (path) => {
    expect(file(host, path).text).toBe("core:524288:65536\nmoltbot:589824:65536\n");
    expect(host.storage.files.find((candidate) => candidate.path === path)?.overwrite).toBe(true);
  });

  test("runs moltbot's rootless Podman from boot on, and no other user's", () => {
    expect(file(host, "/var/lib/systemd/linger/moltbot").text).toBe("");
    expect(file(host, "/etc/systemd/user/podman.socket.d/10-moltbot.conf").text).toBe(
      "[Unit]\nConditionUser=moltbot\n",
    );
  });

  test("has the links that a release is found by", () => {
    expect(host.storage.links).toEqual([
      { path: "/etc/roost/current", target: "releases/none" },
      { path: "/usr/local/bin/roost", target: "/etc/roost/current/host/roost" },
      { path: "/usr/local/bin/moltbot", target: "/etc/roost/current/host/moltbot" },
      { path: "/etc/systemd/system.attached", target: "/etc/roost/current/units" },
      { path: "/etc/containers/systemd/roost", target: "/etc/roost/current/quadlets" },
      { path: "/etc/containers/systemd/registry", target: "/etc/roost/registry/quadlets" },
      { path: "/etc/systemd/user/sockets.target.wants/podman.socket", target: "/usr/lib/systemd/user/podman.socket" },
    ]);
  });

  test("has an empty release, the registry, and closed folders for archives, volumes and state", () => {
    expect(host.storage.directories).toEqual([
      { path: "/etc/roost/releases/none/quadlets" },
      { path: "/etc/roost/releases/none/units" },
      { path: "/etc/roost/registry/quadlets" },
      { path: "/var/lib/roost/state", mode: 0o711 },
      { path: "/var/lib/roost/releases", mode: 0o700 },
      { path: "/var/lib/roost/volumes", mode: 0o700 },
    ]);
  });

  test("lets rpm-ostree take images that ublue-os signed and no others", () => {
    const { default: fallback, transports } = JSON.parse(file(host, "/etc/roost/os-policy.json").text) as {
      default: unknown;
      transports: { docker: Record<string, readonly { keyPaths: readonly string[] }[]> };
    };
    expect(fallback).toEqual([{ type: "reject" }]);
    expect(transports).toEqual({
      docker: {
        "ghcr.io/ublue-os": [
          {
            type: "sigstoreSigned",
            keyPaths: ["/etc/pki/containers/roost-ublue-os.pub", "/etc/pki/containers/roost-ublue-os-backup.pub"],
            signedIdentity: { type: "matchRepository" },
          },
        ],
      },
    });
    expect(host.systemd.units.find(({ name }) => name === "rpm-ostreed.service")?.dropins).toEqual([
      {
        name: "coreos-containers-policy.conf",
        contents: "[Service]\nBindReadOnlyPaths=/etc/roost/os-policy.json:/etc/containers/policy.json\n",
      },
    ]);
    expect(file(host, "/etc/containers/registries.d/ublue-os.yaml").text).toBe(
      "docker:\n  ghcr.io/ublue-os:\n    use-sigstore-attachments: true\n",
    );
  });

  // The points of both keys, from cosign.pub of ublue-os/ucore and ublue-os-backup.pub of ublue-os/packages.
  test.each([
    ["roost-ublue-os.pub", "NgKxFHQZlpKMg5nDPFGm1i0l_f0sO8vFlJnopy7DRAc"],
    ["roost-ublue-os-backup.pub", "RTMY78--NW5twobx8-Fwd-wqrTwdU8-Jv-r7QS-jwbk"],
  ])("trusts the key %s", (name, x) => {
    const key = createPublicKey(file(host, `/etc/pki/containers/${name}`).text).export({ format: "jwk" });
    expect(key).toMatchObject({ kty: "EC", crv: "P-256", x });
  });

  test("masks what could reboot it in mid-rebase or add SSH keys", () => {
    expect(host.systemd.units.filter(({ mask }) => mask === true).map(({ name }) => name)).toEqual([
      "zincati.service",
      "afterburn-sshkeys@core.service",
    ]);
  });

  test("has the script that brings its release, with the libraries that it sources", () => {
    for (const path of ["roost-birth", "lib/common.sh", "lib/store.sh"]) {
      expect(file(host, `/usr/local/lib/roost/${path}`).text).toBe(readFileSync(`host/${path}`, "utf8"));
    }
    const sourced = [...file(host, "/usr/local/lib/roost/roost-birth").text.matchAll(/^\. "\$here\/(.+)"$/gm)];
    expect(sourced.map(([, path]) => path)).toEqual(["lib/common.sh", "lib/store.sh"]);
  });

  test("enables the firewall, the rebase, the join and what brings its release", () => {
    expect(host.systemd.units.filter(({ enabled }) => enabled === true).map(({ name }) => name)).toEqual([
      "roost-firewall.service",
      "roost-rebase.service",
      "roost-tailnet.service",
      "roost-birth.service",
      "roost-birth.timer",
    ]);
  });

  test("starts no container before the rebase or without the firewall", () => {
    expect(file(host, "/etc/containers/systemd/container.d/10-gate.conf").text).toContain(
      "\n[Unit]\nConditionOSRelease=VARIANT_ID=ucore\nRequires=roost-firewall.service\nAfter=roost-firewall.service\n",
    );
  });

  test("gives the rebase two hours on Fedora CoreOS before it says on the console that it gives up", () => {
    expect(unit("roost-rebase.service")).toMatchInlineSnapshot(`
      "[Unit]
      Description=Rebase to uCore, signature verified
      ConditionOSRelease=VARIANT_ID!=ucore
      Wants=network-online.target
      After=network-online.target

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=/usr/bin/bash /usr/local/bin/roost-rebase 7200
      TimeoutStartSec=3h
      StandardOutput=journal+console

      [Install]
      WantedBy=multi-user.target
      "
    `);
  });

  test("tries to join the tailnet without end on uCore, and starts tailscaled", () => {
    expect(unit("roost-tailnet.service").replaceAll(/^#.*\n/gm, "")).toMatchInlineSnapshot(`
      "[Unit]
      Description=Join the tailnet
      ConditionOSRelease=VARIANT_ID=ucore
      ConditionPathExists=/var/lib/roost/tailnet.key
      Wants=network-online.target tailscaled.service
      After=network-online.target tailscaled.service
      StartLimitIntervalSec=0

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=/usr/bin/bash /usr/local/bin/roost-tailnet
      Restart=on-failure
      RestartSec=15
      TimeoutStartSec=120

      [Install]
      WantedBy=multi-user.target
      "
    `);
  });

  test("loads the firewall before the network", () => {
    expect(unit("roost-firewall.service")).toMatchInlineSnapshot(`
      "[Unit]
      Description=Firewall: metadata address, the host itself, private networks
      DefaultDependencies=no
      After=local-fs.target
      Wants=network-pre.target
      Before=network-pre.target shutdown.target
      Conflicts=shutdown.target

      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=/usr/sbin/nft -f /etc/roost/firewall.nft
      # A release whose exceptions do not load never takes the host's own rules away.
      ExecStart=-/usr/sbin/nft -f /etc/roost/firewall-exceptions.nft
      # In force at once; where that fails, an exception of the release before does not stay open.
      ExecReload=/usr/bin/bash -c '/usr/sbin/nft -f /etc/roost/firewall-exceptions.nft || { /usr/sbin/nft -f /etc/roost/firewall.nft; exit 1; }'

      [Install]
      WantedBy=sysinit.target
      "
    `);
  });

  test("closes the metadata address to all but root, in both ways out", () => {
    expect(chain("output")).toEqual([
      "type filter hook output priority -10; policy accept;",
      "ip daddr 169.254.169.254 meta skuid 0 accept",
      "ip daddr 169.254.169.254 reject",
      `meta skuid { ${MOLTBOT_UID}, 589824-655359, ${AGENT_UIDS.first}-${AGENT_UIDS.last} } jump agents`,
    ]);
    expect(chain("forward")).toEqual([
      "type filter hook forward priority -10; policy accept;",
      "ip daddr 169.254.169.254 reject",
      'iifname "podman*" jump agents',
    ]);
  });

  test("drops what comes in unasked, but from the tailnet", () => {
    expect(chain("input")).toEqual([
      "type filter hook input priority -10; policy drop;",
      "ct state established,related accept",
      'iifname { "lo", "tailscale0" } accept',
      'iifname "podman*" fib daddr . iif type local meta l4proto { tcp, udp } th dport 53 accept',
      'iifname "podman*" reject',
      "udp dport { 68, 546 } accept",
      "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query } accept",
    ]);
  });

  test("has a table of its own, replaced as a whole", () => {
    expect(file(host, "/etc/roost/firewall.nft").text.match(/^[a-z].*$/gm)).toEqual([
      "table inet roost {}",
      "delete table inet roost",
      "table inet roost {",
    ]);
  });

  test("opens SSH to nobody by itself, and reads what a release opens after its own rules", () => {
    expect(file(host, "/etc/roost/firewall.nft").text).not.toContain("22");
    expect(file(host, "/etc/roost/firewall-exceptions.nft").text).toContain(
      'include "/etc/roost/current/firewall/*.nft"',
    );
    const { contents } = host.systemd.units.find(({ name }) => name === "roost-firewall.service") ?? {};
    expect(contents?.match(/^Exec.*$/gm)).toEqual([
      "ExecStart=/usr/sbin/nft -f /etc/roost/firewall.nft",
      "ExecStart=-/usr/sbin/nft -f /etc/roost/firewall-exceptions.nft",
      "ExecReload=/usr/bin/bash -c '/usr/sbin/nft -f /etc/roost/firewall-exceptions.nft || { /usr/sbin/nft -f /etc/roost/firewall.nft; exit 1; }'",
    ]);
  });

  test("dumps no core and keeps its journal within a bound", () => {
    expect(file(host, "/etc/sysctl.d/90-roost.conf").text).toBe(
      "kernel.core_pattern=|/usr/bin/false\nfs.suid_dumpable=0\n",
    );
    expect(file(host, "/etc/systemd/journald.conf.d/10-roost.conf").text).toBe(
      "[Journal]\nStorage=persistent\nSystemMaxUse=1G\nRateLimitIntervalSec=30s\nRateLimitBurst=2000\n",
    );
  });

  test("names no script and no unit of roost's that it does not bring", () => {
    const texts = [
      ...host.systemd.units.flatMap(({ contents, dropins = [] }) => [
        contents ?? "",
        ...dropins.map((d) => d.contents),
      ]),
      ...paths(host).map((path) => file(host, path).text),
    ].join("\n");
    const named = new Set([
      ...(texts.match(/\/(usr\/local|etc\/roost|etc\/pki)\/[\w./-]+\w/g) ?? []),
      ...(texts.match(/\broost-[a-z-]+\.(service|target|timer)/g) ?? []),
    ]);
    const brought = new Set([
      ...paths(host),
      ...host.systemd.units.map(({ name }) => name),
      // The release in force.
      "/etc/roost/current/firewall",
      "/etc/pki/containers",
    ]);
    expect([...named].filter((name) => !brought.has(name))).toEqual([]);
  });

  test("starts its scripts through bash, so that no SELinux label of theirs matters", () => {
    const started = host.systemd.units.flatMap(({ contents = "" }) => contents.match(/^Exec\w+=.*$/gm) ?? []);
    expect(started.filter((line) => line.includes("/usr/local/bin/")).map((line) => line.split(" ")[0])).toEqual([
      "ExecStart=/usr/bin/bash",
      "ExecStart=/usr/bin/bash",
    ]);
  });
});
