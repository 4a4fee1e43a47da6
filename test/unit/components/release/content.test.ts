import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../../agents/secret.ts";
import type { Workload } from "../../../../agents/workload.ts";
import { releaseContent } from "../../../../components/release/content.ts";
import { manifestOf } from "../../../../components/release/manifest.ts";
import { packRelease } from "../../../../components/release/pack.ts";
import type { ReleaseEntry } from "../../../../quadlets/release-file.ts";
import { moltbot, nanobot } from "../../quadlets/fixtures.ts";
import { contentArgs, entriesOf } from "./fixtures.ts";

const found = (entries: readonly ReleaseEntry[], path: string): ReleaseEntry => {
  const entry = entries.find((candidate) => candidate.path === path);
  if (entry === undefined) throw new Error(`the release has no ${path}`);
  return entry;
};
const content = (entries: readonly ReleaseEntry[], path: string): string => {
  const entry = found(entries, path);
  if ("target" in entry) throw new Error(`${path} is a link`);
  return entry.content;
};

describe("the host's own part of a release", () => {
  const entries = entriesOf([nanobot("frontend")]);

  test("holds every script and unit of the repository but the one that a host is born with", () => {
    const repository = readdirSync(join(import.meta.dirname, "../../../../host"), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).replace(/^.*?\/host\//, "host/"))
      .filter((path) => path !== "host/roost-birth")
      .map((path) => path.replace(/^host\/units\//, "units/"));
    expect(repository).toContain("host/roost-restore");
    expect(repository.filter((path) => !entries.some((entry) => entry.path === path))).toEqual([]);
    expect(entries.some(({ path }) => path === "host/roost-birth")).toBe(false);
  });

  test.each([
    ["host/roost-restore", 0o755],
    ["host/verbs/status", 0o755],
    ["host/lib/common.sh", 0o644],
    ["units/roost-restore@.service", 0o644],
  ])("gives %s its mode", (path, mode) => {
    expect(found(entries, path)).toMatchObject({ mode });
  });

  test("links a unit into the wants that its header asks for", () => {
    expect(found(entries, "units/timers.target.wants/roost-health.timer")).toEqual({
      path: "units/timers.target.wants/roost-health.timer",
      target: "../roost-health.timer",
    });
  });

  test("names no script that it does not hold", () => {
    const scripts = entries.flatMap((entry) =>
      "content" in entry && entry.path.startsWith("units/")
        ? [...entry.content.matchAll(/\/etc\/roost\/current\/(?<path>host\/[\w./-]+)/g)].map(
            ({ groups }) => groups?.["path"] ?? "",
          )
        : [],
    );
    expect(scripts).toContain("host/roost-backup");
    expect(scripts.filter((path) => !entries.some((entry) => entry.path === path))).toEqual([]);
  });

  test("has one entry per path", () => {
    const paths = entriesOf([moltbot(), nanobot("master"), nanobot("a")]).map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  test("tells the scripts about the host", () => {
    expect(JSON.parse(content(entries, "host/config.json"))).toEqual({
      stack: "vultr.test",
      host: "host",
      resticImage: null,
      alerts: {},
      reboot: null,
      firewall: { breakGlass: null },
    });
    const resticImage = `ghcr.io/owner/restic@sha256:${"2".repeat(64)}`;
    const settings = {
      resticImage,
      alerts: { deafMinutes: 20, ntfy: new Secret("https://ntfy.sh/topic") },
      reboot: { day: "Wed", hour: 3 },
    } as const;
    const full = entriesOf([], { settings, breakGlass: "203.0.113.7/32" });
    expect(JSON.parse(content(full, "host/config.json"))).toEqual({
      stack: "vultr.test",
      host: "host",
      resticImage,
      alerts: { deafMinutes: 20 },
      reboot: { day: "Wed", hour: 3 },
      firewall: { breakGlass: "203.0.113.7/32" },
    });
  });

  test("keeps addresses and tokens of alerts in a file that only root reads", () => {
    const alerts = {
      deafMinutes: 10,
      webhook: new Secret("https://hooks.example/w"),
      ntfy: new Secret("https://ntfy.example/n"),
      ping: new Secret("https://ping.example/p"),
      telegram: { token: new Secret("123456:token"), chat: "-1001" },
    };
    const told = entriesOf([], { settings: { alerts } });
    expect(found(told, "secrets/alerts.json")).toMatchObject({ mode: 0o400 });
    expect(JSON.parse(content(told, "secrets/alerts.json"))).toEqual({
      webhook: "https://hooks.example/w",
      ntfy: "https://ntfy.example/n",
      ping: "https://ping.example/p",
      telegram: { token: "123456:token", chat: "-1001" },
    });
    expect(JSON.stringify(told.filter(({ path }) => path !== "secrets/alerts.json"))).not.toMatch(
      /hooks\.example|ntfy\.example|ping\.example|123456:token/,
    );
    expect(entries.some(({ path }) => path === "secrets/alerts.json")).toBe(false);
  });
});

describe("what a release says of a workload", () => {
  const token = new Secret("a bot's token");
  const channel = { kind: "telegram", token, path: "telegram.token" } as const;
  const secret = { name: "a-telegram-token", value: token, target: "T", uid: 0, mode: 0o400 } as const;
  const told = (workload: Workload): unknown =>
    JSON.parse(content(entriesOf([workload]), `host/workloads/${workload.name}.json`));

  test("is all that the scripts ask for, and no secret", () => {
    const changes = { channels: [channel], secrets: [secret], allowFrom: { telegram: ["123"] }, pairing: true };
    expect(told(nanobot("a", { ...changes, fresh: 4, egress: ["10.0.0.0/8"] }))).toEqual({
      name: "a",
      kind: "nanobot",
      service: "nanobot@a.service",
      container: "nanobot-a",
      image: nanobot("a").image,
      uid: 1_904_610_846,
      agentUid: 1_904_610_847,
      volumeMib: 1024,
      mountPath: "/data",
      paths: ["sessions"],
      exclude: ["run"],
      databases: ["llm_usage.sqlite3"],
      backupEveryMinutes: 5,
      stopTimeoutSeconds: 30,
      channels: [{ kind: "telegram", secret: "a-telegram-token" }],
      allowFrom: { telegram: ["123"] },
      pairing: true,
      egress: ["10.0.0.0/8"],
      secrets: ["a-telegram-token"],
      fresh: 4,
    });
  });

  test("names the units of the master and of the gateway, whose agent is the user moltbot", () => {
    expect(told(nanobot("master"))).toMatchObject({ service: "nanobot-master.service", container: "nanobot-master" });
    expect(told(moltbot())).toMatchObject({
      service: "moltbot-gateway.service",
      container: "moltbot-gateway",
      uid: 1_906_362_730,
      agentUid: 1001,
    });
  });

  test("knows an app's channel without a secret", () => {
    const app = { kind: "feishu", appId: "cli_1", path: "feishu.appId" } as const;
    expect(told(nanobot("a", { channels: [app] }))).toMatchObject({ channels: [{ kind: "feishu" }] });
  });

  test("is refused when a bot's token is none of its secrets", () => {
    expect(() => told(nanobot("a", { channels: [channel] }))).toThrow(
      'workload "a": the token of telegram is none of its secrets',
    );
  });
});

describe("the release as a whole", () => {
  const units = (workloads: readonly Workload[]) => {
    const args = releaseContent(contentArgs(workloads));
    return manifestOf(args).units;
  };

  test("is the same to the byte at every run", async () => {
    const pack = async () => (await packRelease(releaseContent(contentArgs([moltbot(), nanobot("a")])))).tar;
    expect((await pack()).equals(await pack())).toBe(true);
  });

  test("restarts no agent for a script, a unit of the host, or the interval of its backups", () => {
    const args = releaseContent(contentArgs([nanobot("a")]));
    const dependencies = args.units["nanobot@a.service"] ?? [];
    expect(dependencies.filter((path) => /^(host|units)\//.test(path))).toEqual([]);
    const { state } = nanobot("a");
    expect(units([nanobot("a", { state: { ...state, backupEveryMinutes: 60 } })])).toEqual(units([nanobot("a")]));
  });
});
