import { describe, expect, test } from "vitest";
import { Secret } from "../../../agents/secret.ts";
import { entriesOf } from "../components/release/fixtures.ts";
import { moltbot, nanobot } from "./fixtures.ts";

const release = entriesOf([moltbot(), nanobot("master"), nanobot("a")], {
  registryAuth: new Secret('{"auths":{"ghcr.io":{}}}'),
});

/** Lines of all sections of a unit with its drop-ins, as `Section: Key=value`. */
function lines(unit: string): string[] {
  const texts = release.flatMap((entry) =>
    "content" in entry && (entry.path === `quadlets/${unit}` || entry.path.startsWith(`quadlets/${unit}.d/`))
      ? [entry.content]
      : [],
  );
  return texts.flatMap((text) => {
    let section = "";
    return text.split("\n").flatMap((line) => {
      if (line.startsWith("[")) section = line.slice(1, -1);
      return /^\w+=/.test(line) ? [`${section}: ${line}`] : [];
    });
  });
}

const containers = {
  "nanobot@a": [...lines("nanobot@.container"), ...lines("nanobot@a.container")],
  "nanobot-master": lines("nanobot-master.container"),
  "moltbot-gateway": lines("moltbot-gateway.container"),
};
const all = Object.entries(containers);
const nanobots = all.filter(([name]) => name !== "moltbot-gateway");

const values = (unit: readonly string[], key: string): string[] =>
  unit.flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));

describe.each(all)("%s", (name, unit) => {
  test.each([
    "Container: ReadOnly=true",
    "Container: NoNewPrivileges=true",
    "Container: DropCapability=all",
    "Container: Ulimit=core=0",
    "Container: Tmpfs=/tmp:rw,noexec,nosuid,nodev,size=100m",
    "Container: Pull=never",
    "Container: LogDriver=journald",
    "Service: Restart=always",
    "Service: TimeoutStartSec=300",
    "Install: WantedBy=roost-agents.target",
  ])("has %s", (line) => {
    expect(unit).toContain(line);
  });

  test.each([
    "PublishPort",
    "HealthOnFailure",
    "AddDevice",
    "UserNS",
    "RunInit",
    "Memory",
    "AutoUpdate",
    "HostName",
    "EnvironmentFile",
    "GlobalArgs",
  ])("has no %s=", (key) => {
    expect(values(unit, `Container: ${key}`)).toEqual([]);
  });

  test("maps container root and uid 1000 to unprivileged ids of the host, one each", () => {
    for (const key of ["UIDMap", "GIDMap"]) {
      expect(values(unit, `Container: ${key}`).map((map) => map.replace(/:\d{4,}:/, ":HOST:"))).toEqual([
        "0:HOST:1",
        "1000:HOST:1",
      ]);
    }
  });

  test("is limited in memory without swap, CPU and processes", () => {
    expect(values(unit, "Container: PodmanArgs")).toEqual([
      expect.stringMatching(/^--memory=(\d+m) --memory-swap=\1 --cpus=\d+$/),
    ]);
    expect(values(unit, "Container: PidsLimit")).toEqual([expect.stringMatching(/^\d+$/)]);
  });

  test("runs the image whose unit pulls it", () => {
    const [image] = values(unit, "Container: Image");
    expect(image).toBe(name === "moltbot-gateway" ? "moltbot-gateway.image" : "nanobot.image");
  });

  test("has one network, its own", () => {
    expect(values(unit, "Container: Network")).toEqual([expect.stringMatching(/^(nanobot|moltbot)-[a-z]+\.network$/)]);
  });

  test("takes every secret as a file that its owner alone reads", () => {
    for (const secret of values(unit, "Container: Secret")) {
      expect(secret).toMatch(/,type=mount,target=[^,]+,uid=(\d+),gid=\1,mode=0[46]00$/);
    }
  });

  test("is unpaused before it is stopped", () => {
    const [container] = values(unit, "Container: ContainerName");
    expect(values(unit, "Service: ExecStop")).toEqual([`-/usr/bin/podman unpause ${container}`]);
  });

  test("stays stopped when a person stopped it, and on a host that is out of service", () => {
    expect(values(unit, "Unit: ConditionPathExists")).toEqual([
      expect.stringMatching(/^!\/var\/lib\/roost\/stopped\/(%i|master|moltbot)$/),
      "!/var/lib/roost/drained",
      "!/run/roost/drained-until-boot",
    ]);
  });

  test("starts when its state is there, and stops before the last snapshot of it is taken", () => {
    const workload = /^(?:nanobot|moltbot)[@-](?<name>\w+)$/
      .exec(name)
      ?.groups?.["name"]?.replace("gateway", "moltbot");
    const [restore, final] = [`roost-restore@${workload}.service`, `roost-final@${workload}.service`];
    expect(values(unit, "Unit: Requires")).toContain(restore);
    expect(values(unit, "Unit: Wants")).toContain(final);
    expect(values(unit, "Unit: After")).toContain(`${restore} ${final}`);
  });
});

describe.each(nanobots)("%s", (_, unit) => {
  test("keeps the two capabilities that its launcher drops to uid 1000 with, and no other", () => {
    expect(values(unit, "Container: AddCapability")).toEqual(["SETUID SETGID"]);
    expect(unit).toContain("Container: User=0");
    expect(unit).toContain("Container: Group=0");
  });

  test("labels every bind for this container alone", () => {
    const name = values(unit, "Container: ContainerName")[0]?.replace("nanobot-", "");
    expect(values(unit, "Container: Volume")).toEqual([
      `/var/lib/roost/state/${name}/data:/data:Z`,
      `/etc/roost/current/workloads/${name}/config.json:/data/config.json:ro,Z`,
    ]);
  });

  test("stays confined by SELinux", () => {
    expect(values(unit, "Container: SecurityLabelDisable")).toEqual([]);
  });

  test("slows a crash loop down and never gives up", () => {
    expect(unit).toEqual(
      expect.arrayContaining([
        "Unit: StartLimitIntervalSec=0",
        "Service: RestartSec=5",
        "Service: RestartSteps=6",
        "Service: RestartMaxDelaySec=300",
      ]),
    );
  });
});

describe("moltbot-gateway", () => {
  const unit = containers["moltbot-gateway"];

  test("has no capability and runs as uid 1000 from its first process", () => {
    expect(values(unit, "Container: AddCapability")).toEqual([]);
    expect(unit).toContain("Container: User=1000");
    expect(unit).toContain("Container: Group=1000");
  });

  test("labels its binds as shared, because sandboxes mount the same state, and leaves the socket's label", () => {
    expect(values(unit, "Container: Volume")).toEqual([
      "/var/lib/roost/state/moltbot/data:/var/lib/roost/state/moltbot/data:z",
      "/etc/roost/current/workloads/moltbot:/etc/openclaw:ro,z",
      "/run/user/1001/podman/podman.sock:/run/user/1001/podman/podman.sock",
    ]);
    expect(unit).toContain("Container: SecurityLabelDisable=true");
  });

  test("finds the folders that it writes, made by its own uid before Podman could make them as root", () => {
    const [make = "", ...more] = values(unit, "Service: ExecStartPre");
    expect(more).toEqual([]);
    expect(make).toContain("cd /var/lib/roost/state/moltbot/data && ");
    expect(make).toContain("setpriv --reuid 1001 --regid 1001 --clear-groups mkdir -p ");
    const folders = make.replace(/^.* mkdir -p |'$/g, "").split(" ");
    const [token] = values(unit, "Container: Secret").flatMap((secret) => /target=(\/[^,]+)\//.exec(secret)?.[1] ?? []);
    expect(folders).toContain(token?.replace("/var/lib/roost/state/moltbot/data/", ""));
    expect(folders).toEqual(expect.arrayContaining(["home", "cache", "workspace/.openclaw"]));
  });

  test("waits for the user manager whose engine runs its sandboxes", () => {
    expect(unit).toContain("Unit: Wants=user@1001.service");
    expect(unit).toContain("Unit: After=user@1001.service");
  });

  test("starts when the sandboxes' image and network are there", () => {
    expect(unit).toContain("Unit: Requires=moltbot-sandbox-image.service moltbot-sandbox-network.service");
    expect(unit).toContain("Unit: After=moltbot-sandbox-image.service moltbot-sandbox-network.service");
  });

  test("slows down between its attempts and takes an orderly SIGTERM for a success", () => {
    expect(unit).toEqual(
      expect.arrayContaining([
        "Service: RestartSec=10",
        "Service: RestartSteps=5",
        "Service: RestartMaxDelaySec=300",
        "Service: SuccessExitStatus=143",
      ]),
    );
  });

  test("gives up after ten starts within an hour, and after no one status at once", () => {
    expect(unit.filter((line) => line.startsWith("Service: RestartPreventExitStatus"))).toEqual([]);
    expect(unit).toContain("Unit: StartLimitIntervalSec=1h");
    expect(unit).toContain("Unit: StartLimitBurst=10");
  });
});

describe("nanobot@.container", () => {
  test("refuses a name that neither the release nor the registry lists", () => {
    expect(values(containers["nanobot@a"], "Unit: AssertPathExists")).toEqual([
      "|/etc/roost/current/quadlets/nanobot@%i.container.d",
      "|/etc/roost/registry/quadlets/nanobot@%i.container.d",
    ]);
  });

  test("is the master's unit but for the names", () => {
    const template = lines("nanobot@.container").filter((line) => !/: (AssertPathExists|Description)=/.test(line));
    const master = lines("nanobot-master.container");
    expect(master.filter((line) => template.includes(line.replace("master", "%i")) || template.includes(line))).toEqual(
      template.map((line) => line.replace("%i", "master")),
    );
  });
});

describe("every image and network", () => {
  test.each(["nanobot.image", "moltbot-gateway.image", "moltbot-sandbox.image"])(
    "%s is pulled until it works",
    (unit) => {
      expect(lines(unit)).toEqual(
        expect.arrayContaining([
          "Unit: StartLimitIntervalSec=0",
          "Service: RemainAfterExit=no",
          "Service: Restart=on-failure",
          "Service: RestartMode=direct",
          "Service: RestartSec=30",
          "Service: TimeoutStartSec=900",
        ]),
      );
    },
  );

  test.each(["nanobot-a.network", "nanobot-master.network", "moltbot-gateway.network", "moltbot-sandbox.network"])(
    "%s is isolated from every other",
    (unit) => {
      expect(lines(unit).filter((line) => !line.startsWith("Unit: ") && !line.includes("GlobalArgs="))).toEqual([
        `Network: NetworkName=${unit.replace(".network", "")}`,
        "Network: Options=isolate=strict",
        "Service: Restart=on-failure",
        "Service: RestartMode=direct",
        "Service: RestartSec=30",
      ]);
    },
  );

  test.each(["moltbot-sandbox.image", "moltbot-sandbox.network"])(
    "%s is made in the engine of the user moltbot",
    (unit) => {
      const [section] = unit.endsWith("image") ? ["Image"] : ["Network"];
      expect(lines(unit)).toContain(`${section}: GlobalArgs=--url=unix:///run/user/1001/podman/podman.sock`);
      expect(lines(unit)).toContain("Unit: Wants=user@1001.service");
      expect(lines(unit)).toContain("Unit: After=user@1001.service");
    },
  );
});

describe("a release", () => {
  const texts = release.flatMap((entry) =>
    "content" in entry && /^(quadlets|units)\//.test(entry.path) ? [entry.content] : [],
  );

  test("runs no program but podman, systemctl, and bash, so that no label of a script of ours matters", () => {
    const programs = texts.flatMap((text) =>
      [...text.matchAll(/^Exec\w+=[-+!@:]*(\S+)/gm)].map(([, program]) => program),
    );
    expect(new Set(programs)).toEqual(
      new Set(["/usr/bin/bash", "/usr/bin/podman", "/usr/bin/systemctl", "/usr/bin/true"]),
    );
  });

  test("starts nothing at boot but its own timers, and what returns to the OS of before", () => {
    const wanted = texts.flatMap((text) => text.match(/^(WantedBy|RequiredBy|UpheldBy|Alias)=.*$/gm) ?? []);
    expect([...new Set(wanted)]).toEqual(["WantedBy=roost-agents.target"]);
    const links = release.flatMap(({ path }) => {
      const [, by, unit] = /^units\/([^/]+)\.(?:wants|requires)\/(.+)$/.exec(path) ?? [];
      return by === undefined || by === "roost-agents.target" ? [] : [{ by, unit }];
    });
    expect(links.length).toBeGreaterThan(0);
    // The way back must not wait for agents: an OS on which they never start is what it is for.
    expect(links.filter(({ by, unit }) => by !== "timers.target" || unit?.endsWith(".timer") !== true)).toEqual([
      { by: "multi-user.target", unit: "roost-reboot-gate.service" },
    ]);
  });

  test("is started as a whole by the host once it has checked what is installed", () => {
    const target = release.find(({ path }) => path === "units/roost-agents.target");
    expect(target).toMatchObject({ content: expect.not.stringContaining("[Install]\n") });
  });
});
