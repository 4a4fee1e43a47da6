import { createHash } from "node:crypto";
import type { runtime } from "@pulumi/pulumi";

type Computed = Record<string, unknown>;

/**
 * What each provider would compute, in the shape and length of the real thing. Every output that an SDK class declares
 * stands here (a test compares): a missing one would be `undefined` and vanish from what depends on it.
 */
const COMPUTED: Readonly<Record<string, (inputs: Computed, name: string) => Computed>> = {
  "backblaze:index:ApplicationKey": (_inputs, name) => ({
    applicationKeyId: `005${hexOf(name, 22)}`,
    applicationKey: `K005${hexOf(`${name}/key`, 27)}`,
  }),
  "backblaze:index:Bucket": (inputs) => ({
    bucketId: hexOf(String(inputs["bucketName"]), 24),
    s3Endpoint: "https://s3.us-west-004.backblazeb2.com",
  }),
  "backblaze:index:BucketFile": (_inputs, name) => ({ fileId: `4_z${hexOf(name, 24)}` }),
  "pulumi:index:Stash": (inputs) => ({ output: inputs["input"] }),
  "tailscale:index/tailnetKey:TailnetKey": (_inputs, name) => ({
    createdAt: "2026-01-01T00:00:00Z",
    expiresAt: "2026-01-02T00:00:00Z",
    invalid: false,
    key: `tskey-auth-k${hexOf(name, 12)}CNTRL-${hexOf(`${name}/key`, 32)}`,
  }),
  "vultr:index/firewallGroup:FirewallGroup": () => ({
    dateCreated: "2026-01-01T00:00:00+00:00",
    dateModified: "2026-01-01T00:00:00+00:00",
    instanceCount: 0,
    maxRuleCount: 50,
    ruleCount: 0,
  }),
  "vultr:index/firewallRule:FirewallRule": () => ({}),
  "vultr:index/instance:Instance": () => ({
    allowedBandwidth: 3072,
    dateCreated: "2026-01-01T00:00:00+00:00",
    defaultPassword: "preview-password",
    disk: 80,
    features: [],
    gatewayV4: "192.0.2.1",
    internalIp: "",
    kvm: "https://my.vultr.com/subs/vps/novnc/?preview",
    mainIp: "192.0.2.10",
    netmaskV4: "255.255.254.0",
    os: "Fedora CoreOS",
    powerStatus: "running",
    ram: 4096,
    serverStatus: "ok",
    status: "active",
    v6MainIp: "2001:db8::10",
    v6Network: "2001:db8::",
    v6NetworkSize: 64,
    vcpuCount: 2,
  }),
};

/** Types the table knows. */
export const COMPUTED_TYPES = Object.keys(COMPUTED);

/** The computed values of a resource; a type that the table lacks is an error. */
export function computedValues({ type, name, inputs }: runtime.MockResourceArgs): Computed {
  const compute = COMPUTED[type];
  if (compute === undefined) {
    throw new Error(`preview has no computed values for ${type} "${name}": add them to tools/preview/computed.ts`);
  }
  return compute(inputs, name);
}

const STREAM_IDS: Readonly<Record<string, string>> = {
  "Fedora CoreOS Stable": "391",
  "Fedora CoreOS Next": "424",
  "Fedora CoreOS Testing": "425",
};

/** Answers of provider functions; one without an answer is an error. */
export function answer({ token, inputs }: { token: string; inputs: Computed }): Computed {
  const [filter] = (inputs["filters"] as { values: string[] }[] | undefined) ?? []; // as getOs declares it
  const name = filter?.values[0] ?? "";
  const id = STREAM_IDS[name];
  if (token === "vultr:index/getOs:getOs" && id !== undefined)
    return { id, name, arch: "x64", family: "fedora-coreos" };
  throw new Error(`preview has no answer for the function ${token}: add it to tools/preview/computed.ts`);
}

/** Digits that differ per seed and are the same at every run. */
function hexOf(seed: string, length: number): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, length);
}
