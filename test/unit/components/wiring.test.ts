import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { Secret } from "../../../agents/secret.ts";
import { MoltbotHost, type MoltbotHostArgs } from "../../../components/MoltbotHost.ts";
import { NanobotHost } from "../../../components/NanobotHost.ts";
import { Store } from "../../../components/store/Store.ts";
import { TailnetKey } from "../../../components/tailnet/TailnetKey.ts";
import { hostArtifacts } from "../../../tools/preview/artifacts.ts";
import { computedValues } from "../../../tools/preview/computed.ts";
import { valueOf } from "../../../tools/record.ts";
import { file, type Ignition, paths } from "../butane/rendered-host.ts";
import { deploy } from "../deploy.ts";
import { DISCORD_TOKEN, moltbot, tenant } from "../stacks/fixture.ts";

const ROOT = Buffer.alloc(32, 7).toString("base64url");
const AUTH = '{"auths":{"ghcr.io":{"auth":"dTpw"}}}';
const image = (name: string) => `ghcr.io/owner/${name}@sha256:${"1".repeat(64)}`;

const args: MoltbotHostArgs = {
  host: {
    region: "ewr",
    hostname: "nest",
    generation: 1,
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ you@laptop"],
  },
  store: { bucketName: "roost-test" },
  agent: moltbot,
  images: { gateway: image("moltbot-gateway"), sandbox: image("moltbot-sandbox") },
};

const moltbotHost = (more: Partial<MoltbotHostArgs> = {}) => deploy(() => new MoltbotHost("bot", { ...args, ...more }));
const nanobotHost = (registryAuth?: Secret) =>
  deploy(() => {
    const { host, store } = args;
    const own = { tenant: "frontend", agent: tenant("f"), image: image("nanobot") };
    return new NanobotHost("bot", { host, store, ...own, ...(registryAuth === undefined ? {} : { registryAuth }) });
  });
const newStore = () =>
  new Store("store", { bucketName: "roost-test", root: new Secret(ROOT), hosts: { host: { generation: 1 } } });
const newKey = () => new TailnetKey("tailnet", { hostname: "nest", tags: ["tag:roost"], generation: 1 });

/** Takes the engine's marks away, so that only what the component itself marks is secret. */
function withoutSecretOutputs() {
  pulumi.runtime.registerStackTransformation(({ props, opts }) => ({
    props,
    opts: { ...opts, additionalSecretOutputs: [] },
  }));
}

/** What a component registered as its outputs in the last run; one that registers none gets `{}` from the SDK. */
function outputsOf(name: string): unknown {
  // The mocks' own class, with the request's protobuf struct.
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    getRegisteredResources(): Map<string, { state: { toJavaScript(): unknown } }>;
  };
  const [, found] = [...monitor.getRegisteredResources()].find(([urn]) => urn.endsWith(`::${name}`)) ?? [];
  return found?.state.toJavaScript();
}

test("a store's root is secret in both of its places, also in state", async () => {
  const { named } = await deploy(newStore);
  expect(named("store-root").options.additionalSecretOutputs).toEqual(["input", "output"]);
});

test("a host's root is secret even where no mark on the Stash says so", async () => {
  const { result, named } = await deploy(
    () => {
      withoutSecretOutputs();
      return newStore();
    },
    // Without this the mocks give back the secret input itself.
    { computed: (resource) => (resource.name === "store-root" ? { output: ROOT } : computedValues(resource)) },
  );
  expect(named("store-root").options.additionalSecretOutputs).toEqual([]);
  expect(await pulumi.isSecret(result.hosts["host"]?.root ?? pulumi.output(""))).toBe(true);
});

test("a tailnet key's output is marked secret by the component and by the provider's class", async () => {
  const { named } = await deploy(newKey);
  // The class of the SDK adds its own mark to the component's.
  expect(named("tailnet-g1").options.additionalSecretOutputs).toEqual(["key", "key"]);
});

test("a tailnet key is secret even where no mark on its resource says so", async () => {
  const { result, named } = await deploy(() => {
    withoutSecretOutputs();
    return newKey();
  });
  expect(named("tailnet-g1").options.additionalSecretOutputs).toEqual([]);
  expect(await pulumi.isSecret(result.key)).toBe(true);
});

test("the break-glass rule is below its host, so that it goes with it", async () => {
  const { named } = await moltbotHost({ host: { ...args.host, breakGlass: "203.0.113.7/32" } });
  expect(named("bot-host-break-glass").options.parent).toBe(named("bot-host").urn);
});

test("every component registers its outputs", async () => {
  const { result } = await moltbotHost();
  const id = await valueOf(result.release.id);
  expect({
    host: outputsOf("bot-host"),
    store: outputsOf("bot-store"),
    release: outputsOf("bot-release"),
    tailnet: outputsOf("bot-host-tailnet"),
    whole: outputsOf("bot"),
  }).toEqual({
    host: { pending: [], protection: "on" },
    store: { bucketName: "roost-test" },
    release: { id },
    tailnet: {},
    whole: { release: id },
  });
});

test("a NanobotHost registers its release as its output", async () => {
  const { result } = await nanobotHost();
  expect(outputsOf("bot")).toEqual({ release: await valueOf(result.release.id) });
});

test("a registry's login reaches the release of a public component", async () => {
  const auth = new Secret(AUTH);
  const hosts = [await moltbotHost({ images: { ...args.images, registryAuth: auth } }), await nanobotHost(auth)];
  for (const recorded of hosts) {
    const [host] = await hostArtifacts(recorded);
    expect(host?.release).toContainEqual({ path: "secrets/auth.json", content: AUTH, mode: 0o400 });
  }
});

test("no secret of Moltbot is in its host's user data, however a file is encoded", async () => {
  const [host] = await hostArtifacts(await moltbotHost());
  const ignition: Ignition = JSON.parse(host?.ignition ?? "");
  const born = paths(ignition).filter((path) =>
    ignition.storage.files.some((each) => each.path === path && "contents" in each),
  );
  const text = [host?.ignition, ...born.map((path) => file(ignition, path).text)].join("\n");
  expect(text).toContain('"key":"K005'); // the reading key: what is hidden in there is really decoded
  expect([DISCORD_TOKEN, "sk-ant-moltbotmoltbot"].filter((secret) => text.includes(secret))).toEqual([]);
});
