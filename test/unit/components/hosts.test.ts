import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { MoltbotHost } from "../../../components/MoltbotHost.ts";
import { NanobotHost, type NanobotHostArgs } from "../../../components/NanobotHost.ts";
import { unsecret } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";
import { DISCORD_TOKEN, moltbot, tenant } from "../stacks/fixture.ts";

const host = {
  region: "ewr",
  hostname: "nest",
  generation: 1,
  sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ you@laptop"],
};
const store = { bucketName: "roost-test" };
const image = (name: string) => `ghcr.io/owner/${name}@sha256:${"1".repeat(64)}`;
const images = { gateway: image("moltbot-gateway"), sandbox: image("moltbot-sandbox") };
const nanobot = (more: Partial<NanobotHostArgs> = {}) =>
  deploy(
    () =>
      new NanobotHost("bot", { host, store, tenant: "frontend", agent: tenant("f"), image: image("nanobot"), ...more }),
  );

/** What the mocks saw in the last run, the stack itself aside. */
const registered = () => {
  const monitor = pulumi.runtime.getMonitor() as unknown as { getRegisteredResources(): Map<string, unknown> }; // the mocks' own class
  return [...monitor.getRegisteredResources().keys()].filter((urn) => !urn.includes("::pulumi:pulumi:Stack::"));
};

describe("NanobotHost", () => {
  test("is a host, its store and its release, all below itself and named after it", async () => {
    const { resources } = await nanobot();
    const children = resources.filter(({ options }) => options.parent.endsWith("roost:index:NanobotHost::bot"));
    expect(children.map(({ type, name }) => [type, name])).toEqual([
      ["roost:release:HostRelease", "bot-release"],
      ["roost:store:Store", "bot-store"],
      ["roost:vultr:UcoreHost", "bot-host"],
    ]);
  });

  test("keeps its state below the name of its host component", async () => {
    const { named } = await nanobot();
    expect(named("bot-store-bot-host-state").inputs["namePrefix"]).toBe("vultr.test/bot-host/state/");
  });

  test("remembers where its tenant was born", async () => {
    expect((await nanobot()).named("bot-release-born-frontend").inputs).toEqual({ input: 1 });
  });

  test("names every problem of the agent at once, registers nothing and shows no secret", async () => {
    const agent = { ...tenant("f"), model: "", telegram: { token: "hunter2", allowFrom: [] } };
    await expect(nanobot({ agent })).rejects.toThrow(
      /^roost:index:NanobotHost "bot": .*telegram\.token must be a Telegram bot token \(.*model must be/,
    );
    await expect(nanobot({ agent })).rejects.not.toThrow("hunter2");
  });

  test("refuses a reference, which only a stack's program can resolve", async () => {
    const agent = { ...tenant("f"), telegram: { token: "op://vault/item/field", allowFrom: ["123456789"] } };
    await expect(nanobot({ agent })).rejects.toThrow(
      'roost:index:NanobotHost "bot": telegram.token must be the secret itself, got an op:// reference',
    );
  });

  test("refuses a tenant's name that is roost's own", async () => {
    await expect(nanobot({ tenant: "master" })).rejects.toThrow(
      'roost:index:NanobotHost "bot": tenant must have another name: "master" is roost\'s own',
    );
  });
});

describe("a public component", () => {
  const wrongHost = { ...host, region: "nowhere" };
  test.each([
    ["a host", () => nanobot({ host: wrongHost }), "region must be a three-letter Vultr id"],
    ["a store", () => nanobot({ store: { ...store, erase: "other" } }), "erase must be the bucket's name"],
    ["an image", () => nanobot({ image: "nanobot:latest" }), "must name a registry, an image and its digest"],
    [
      "a sandbox image",
      () => deploy(() => new MoltbotHost("bot", { host, store, agent: moltbot, images: { ...images, sandbox: "x" } })),
      "must name a registry, an image and its digest",
    ],
  ])("refuses %s before it registers anything", async (_what, run, message) => {
    await expect(run()).rejects.toThrow(message);
    expect(registered()).toEqual([]);
  });

  test("refuses more user data than a host takes", async () => {
    const key = (index: number) =>
      `ssh-rsa ${createHash("sha512").update(String(index)).digest("base64").replaceAll("=", "").repeat(6)}`;
    const sshKeys = Array.from({ length: 100 }, (_, index) => key(index));
    await expect(nanobot({ host: { ...host, sshKeys } })).rejects.toThrow(
      "user data must have at most 24576 bytes, got",
    );
  });
});

describe("MoltbotHost", () => {
  test("is a host, its store and its release, all below itself and named after it", async () => {
    const { resources, named } = await deploy(() => new MoltbotHost("bot", { host, store, agent: moltbot, images }));
    const children = resources.filter(({ options }) => options.parent.endsWith("roost:index:MoltbotHost::bot"));
    expect(children.map(({ name }) => name)).toEqual(["bot-release", "bot-store", "bot-host"]);
    expect(named("bot-release-born-moltbot").inputs).toEqual({ input: 1 });
    expect(String(unsecret(named("bot-host-vm").inputs["userData"]))).not.toContain(DISCORD_TOKEN);
  });

  test("refuses a model whose provider has no key", async () => {
    const agent = { ...moltbot, providers: {} };
    await expect(deploy(() => new MoltbotHost("bot", { host, store, agent, images }))).rejects.toThrow(
      /^roost:index:MoltbotHost "bot": /,
    );
  });
});
