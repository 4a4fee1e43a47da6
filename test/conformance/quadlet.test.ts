import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Workload } from "../../agents/workload.ts";
import type { ReleaseEntry } from "../../quadlets/release-file.ts";
import { quadletFiles } from "../../quadlets/render.ts";
import { moltbot, nanobot } from "../unit/quadlets/fixtures.ts";
import { layOut, oracle, type Run, run, scratch } from "./support/host-tree.ts";

const SANDBOX_UNITS = ["moltbot-sandbox-image.service", "moltbot-sandbox-network.service"];

const mixes: readonly [what: string, workloads: readonly Workload[], units: readonly string[]][] = [
  ["nothing", [], []],
  [
    "the Moltbot gateway",
    [moltbot()],
    ["moltbot-gateway-image.service", "moltbot-gateway-network.service", "moltbot-gateway.service", ...SANDBOX_UNITS],
  ],
  [
    "a master and a tenant with a hyphen",
    [nanobot("master"), nanobot("my-bot")],
    [
      "nanobot-image.service",
      "nanobot-master-network.service",
      "nanobot-master.service",
      "nanobot-my-bot-network.service",
      "nanobot@.service",
      "nanobot@my-bot.service",
    ],
  ],
];

/** The generated units by name. */
function units(stdout: string): Map<string, string> {
  const parts = stdout.split(/^---(.+)---$/m).slice(1);
  return new Map(parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? ""]] : [])));
}

/** The values that a unit gives a key; Podman 5.8 writes a space inside a word as \x20. */
function values(unit: string | undefined, key: string): string[] {
  const lines = (unit ?? "").split("\n").filter((line) => line.startsWith(`${key}=`));
  return lines.map((line) => line.slice(key.length + 1).replaceAll(String.raw`\x20`, " "));
}

const release = (...workloads: readonly Workload[]): ReleaseEntry[] => quadletFiles(workloads, { registryAuth: true });

describe.each(["quadlet-5.4", "quadlet-5.8"])("%s", (version) => {
  const generate = (entries: readonly ReleaseEntry[]): Run => {
    const root = scratch();
    layOut(root, entries);
    const generator = join(oracle(version, "quadlet.sh"), "quadlet");
    return run(generator, ["-dryrun", "-no-kmsg-log"], { QUADLET_UNIT_DIRS: join(root, "quadlets") });
  };
  test.each(mixes)("makes every unit of a release with %s", (_, workloads, expected) => {
    const { status, stdout } = generate([
      ...release(...workloads),
      { path: "quadlets/.keep", content: "", mode: 0o644 },
    ]);
    expect(status).toBe(0);
    expect([...units(stdout).keys()].toSorted()).toEqual(expected);
  });

  test("hands a tenant's hardening on to podman", () => {
    const [start = ""] = values(units(generate(release(nanobot("a"))).stdout).get("nanobot@a.service"), "ExecStart");
    const wanted = [
      "--cap-drop all --cap-add setuid --cap-add setgid",
      "--security-opt=no-new-privileges",
      "--read-only",
      "--tmpfs /tmp:rw,noexec,nosuid,nodev,size=100m",
      "--ulimit core=0",
      "--pids-limit 256",
      "--memory=1024m --memory-swap=1024m --cpus=1",
      "--network nanobot-a",
      "--stop-timeout 30",
      "--pull never",
      "--uidmap 0:1904610846:1 --uidmap 1000:1904610847:1",
      "--gidmap 0:1904610846:1 --gidmap 1000:1904610847:1",
      "--secret a-telegram-token,type=mount,target=TELEGRAM_BOT_TOKEN,uid=0,gid=0,mode=0400",
      String.raw`--health-cmd "[\"python3\",\"-c\",\"import urllib.request; urllib.request.urlopen('http://127.0.0.1:18790/health')\"]"`,
    ];
    expect(wanted.filter((option) => !start.includes(` ${option} `))).toEqual([]);
  });

  test("lets a paused container run on before its own stop", () => {
    const stops = values(units(generate(release(nanobot("a"))).stdout).get("nanobot@a.service"), "ExecStop");
    expect(stops[0]).toBe("-/usr/bin/podman unpause nanobot-%i");
    expect(stops[1]).toMatch(/^\/usr\/bin\/podman rm /);
  });

  test("pulls the sandbox's image and makes its network in the engine of the user moltbot", () => {
    const made = units(generate(release(moltbot())).stdout);
    const podman = "/usr/bin/podman --url=unix:///run/user/1001/podman/podman.sock";
    const image = moltbot().extraImages["moltbot-sandbox"];
    expect(values(made.get("moltbot-sandbox-image.service"), "ExecStart")).toEqual([
      `${podman} image pull --authfile /var/lib/roost/auth.json ${image}`,
    ]);
    expect(values(made.get("moltbot-sandbox-network.service"), "ExecStart")).toEqual([
      `${podman} network create --ignore --opt isolate=strict moltbot-sandbox`,
    ]);
  });

  test("asks for a new digest at the next start of an agent", () => {
    const image = units(generate(release(nanobot("a"))).stdout).get("nanobot-image.service");
    expect(values(image, "RemainAfterExit")).toEqual(["no"]);
    expect(values(image, "ExecCondition")).toEqual([
      `/usr/bin/bash -c '! /usr/bin/podman image exists "$$1"' - ${nanobot("a").image}`,
    ]);
  });

  test("keeps what systemd and Quadlet would interpret in a value as it is", () => {
    const environment = { A: String.raw`b  "c" \d $HOME %i` };
    const [start] = values(
      units(generate(release(nanobot("a", { environment }))).stdout).get("nanobot@a.service"),
      "ExecStart",
    );
    expect(start).toContain(String.raw` --env "A=b  \"c\" \\d $$HOME %%i" `);
  });

  test("would refuse a key that it does not know", () => {
    const drop = { path: "quadlets/nanobot.image.d/x.conf", content: "[Image]\nBogus=1\n", mode: 0o644 };
    expect(generate([...release(nanobot("a")), drop]).status).toBe(1);
  });
});
