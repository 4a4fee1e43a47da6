import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { nanobotWorkload } from "../../../../agents/nanobot.ts";
import { nanobotSchema } from "../../../../agents/nanobot-schema.ts";
import { Secret } from "../../../../agents/secret.ts";
import { HostRelease, type HostReleaseArgs } from "../../../../components/release/HostRelease.ts";
import { openRelease } from "../../../../components/release/pack.ts";
import { derivedSecret, hostRoot, releaseKey } from "../../../../components/store/derive.ts";
import { Store } from "../../../../components/store/Store.ts";
import type { ReleaseEntry } from "../../../../quadlets/release-file.ts";
import { computedValues } from "../../../../tools/preview/computed.ts";
import { type RecordOptions, type Registered, unsecret, valueOf } from "../../../../tools/record.ts";
import { deploy } from "../../deploy.ts";

const ROOT = Buffer.alloc(32, 7).toString("base64url");
const TOKEN = "123456789:AAF0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const IMAGE = `ghcr.io/owner/nanobot@sha256:${"1".repeat(64)}`;

const tenant = (name: string, token = TOKEN) =>
  nanobotWorkload(
    nanobotSchema.parse({
      model: "claude-opus-4-5",
      provider: { name: "anthropic", apiKey: "sk-ant-0123456789" },
      telegram: { token, allowFrom: ["123456789"] },
    }),
    { name, image: IMAGE },
  );

const release = (more: Partial<HostReleaseArgs> = {}, options: Partial<RecordOptions> = {}) =>
  deploy(() => {
    const generation = more.generation ?? 1;
    const hosts = { host: { generation } };
    const store = new Store("store", { bucketName: "roost-test", root: new Secret(ROOT), hosts }).hosts["host"];
    if (store === undefined) throw new Error("no store for host");
    const args = {
      host: "host",
      generation,
      store,
      workloads: [tenant("frontend")],
      sshKeys: ["ssh-ed25519 AAAA"],
      settings: {},
      ...more,
    };
    return new HostRelease("release", args);
  }, options);

const contentOf = (file: Registered) => Buffer.from(String(unsecret(file.inputs["content"])), "base64").toString();
const opened = (file: Registered, generation = 1) =>
  openRelease(contentOf(file), releaseKey(hostRoot(ROOT, "host"), generation));
const text = (entries: readonly ReleaseEntry[], path: string) => {
  const entry = entries.find((candidate) => candidate.path === path);
  return entry !== undefined && "content" in entry ? entry.content : undefined;
};

describe("HostRelease", () => {
  test("uploads an archive and then the pointer to it, named by their generation", async () => {
    const { named, result } = await release({ generation: 4 });
    const id = await valueOf(result.id);
    expect(named("release-archive-g4").inputs).toMatchObject({
      fileName: `vultr.test/host/releases/g4/${id}.jwe`,
      contentType: "application/jose",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(named("release-pointer-g4").inputs).toMatchObject({
      fileName: "vultr.test/host/releases/g4/current",
      contentType: "application/json",
    });
    expect(JSON.parse(contentOf(named("release-pointer-g4")))).toEqual({
      id,
      size: contentOf(named("release-archive-g4")).length,
    });
    expect(named("release-pointer-g4").options.dependencies).toContain(named("release-archive-g4").urn);
  });

  test("keeps both contents secret, and id, names and digests plain", async () => {
    const { named, result } = await release();
    for (const name of ["release-archive-g1", "release-pointer-g1"]) {
      const { inputs } = named(name);
      expect(pulumi.runtime.isRpcSecret(inputs["content"])).toBe(true);
      expect([inputs["fileName"], inputs["sha256"]].some((value) => pulumi.runtime.isRpcSecret(value))).toBe(false);
    }
    expect(await pulumi.isSecret(result.id)).toBe(false);
  });

  test("is one small Stash more per workload, which remembers where it was born and is frozen", async () => {
    const { resources, named } = await release({ generation: 3, workloads: [tenant("a"), tenant("b", `${TOKEN}b`)] });
    const children = resources.filter(({ options }) => options.parent.endsWith("HostRelease::release"));
    expect(children.map(({ name }) => name).toSorted()).toEqual([
      "release-archive-g3",
      "release-born-a",
      "release-born-b",
      "release-born-host",
      "release-pointer-g3",
    ]);
    expect(named("release-born-a").inputs).toEqual({ input: 3 });
    expect(named("release-born-a").options.ignoreChanges).toEqual(["input"]);
  });

  test("tells the host the generation that the Stash remembers, not the present one", async () => {
    const { named } = await release(
      { generation: 3 },
      {
        computed: (args) => (args.name === "release-born-frontend" ? { output: 1 } : computedValues(args)),
      },
    );
    const manifest = JSON.parse(text(await opened(named("release-archive-g3"), 3), "manifest.json") ?? "");
    expect(manifest.workloads).toEqual({ frontend: { born: 1 }, host: { born: 3 } });
  });

  test("carries config without secrets, and each secret as a root-only file", async () => {
    const { named } = await release();
    const entries = await opened(named("release-archive-g1"));
    expect(text(entries, "workloads/frontend/config.json")).toContain("${TELEGRAM_BOT_TOKEN}");
    expect(text(entries, "secrets/podman/frontend-telegram-token")).toBe(TOKEN);
    expect(text(entries, "secrets/podman/frontend-model-key")).toBe("sk-ant-0123456789");
    expect(text(entries, "secrets/host-root")).toBe(hostRoot(ROOT, "host"));
    expect(text(entries, "authorized_keys")).toBe("ssh-ed25519 AAAA\n");
    expect(JSON.parse(text(entries, "secrets/state.json") ?? "")).toMatchObject({
      bucket: "roost-test",
      prefix: "vultr.test/host/state/",
    });
    for (const entry of entries) {
      if (entry.path.startsWith("secrets/")) expect(entry).toMatchObject({ mode: 0o400 });
      else expect(JSON.stringify(entry)).not.toContain(TOKEN);
    }
  });

  test("carries a registry's login for root alone, and names it in the image units", async () => {
    const auth = '{"auths":{"ghcr.io":{"auth":"dTpw"}}}';
    const { named } = await release({ registryAuth: new Secret(auth) });
    const entries = await opened(named("release-archive-g1"));
    expect(entries).toContainEqual({ path: "secrets/auth.json", content: auth, mode: 0o400 });
    expect(text(entries, "quadlets/nanobot.image.d/10-reference.conf")).toContain("AuthFile=/var/lib/roost/auth.json");
  });

  test("opens SSH to the break-glass CIDR in the host's firewall, and to nobody otherwise", async () => {
    const closed = await opened((await release()).named("release-archive-g1"));
    expect(closed.some(({ path }) => path.startsWith("firewall/"))).toBe(false);
    const open = await opened((await release({ breakGlass: "2001:db8::/48" })).named("release-archive-g1"));
    expect(text(open, "firewall/break-glass.nft")).toBe(
      "add rule inet roost input ip6 saddr 2001:db8::/48 tcp dport 22 accept\n",
    );
  });

  test("opens an agent's private addresses in the host's firewall", async () => {
    const workloads = [{ ...tenant("frontend"), egress: ["10.20.0.5:8000"] }];
    expect(text(await opened((await release({ workloads })).named("release-archive-g1")), "firewall/egress.nft")).toBe(
      "add rule inet roost exceptions ip daddr 10.20.0.5 meta l4proto { tcp, udp } th dport 8000 accept\n",
    );
  });

  test("derives what only the host's root can make", async () => {
    const workload = tenant("frontend");
    const derived = {
      name: "frontend-derived",
      value: { info: "gateway-token" },
      target: "X",
      uid: 0,
      mode: 0o400,
    } as const;
    const { named } = await release({ workloads: [{ ...workload, secrets: [...workload.secrets, derived] }] });
    const entries = await opened(named("release-archive-g1"));
    expect(text(entries, "secrets/podman/frontend-derived")).toBe(
      derivedSecret(hostRoot(ROOT, "host"), "gateway-token"),
    );
  });

  test("restarts only the agent whose secret changed", async () => {
    const digests = async (token: string) => {
      const { named } = await release({ workloads: [tenant("a", token), tenant("b", `${TOKEN}b`)] });
      return JSON.parse(text(await opened(named("release-archive-g1")), "manifest.json") ?? "").units;
    };
    const [before, after] = [await digests(TOKEN), await digests(`${TOKEN}x`)];
    expect(Object.keys(before)).toEqual(["nanobot@a.service", "nanobot@b.service"]);
    expect(after["nanobot@a.service"]).not.toBe(before["nanobot@a.service"]);
    expect(after["nanobot@b.service"]).toBe(before["nanobot@b.service"]);
  });

  test("has the same id for the same content and another for another", async () => {
    const id = async (name: string) => valueOf((await release({ workloads: [tenant(name)] })).result.id);
    const [one, same, other] = [await id("a"), await id("a"), await id("b")];
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  test("works while values are still unknown", async () => {
    const { named } = await release({}, { preview: true });
    expect(named("release-archive-g1").inputs["contentType"]).toBe("application/jose");
  });
});
