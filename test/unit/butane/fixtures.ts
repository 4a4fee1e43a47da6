import type { HostButaneArgs } from "../../../butane/host.ts";

/** A host as the program describes it, with credentials of the greatest length that their issuers give. */
export const hostArgs: HostButaneArgs = {
  hostname: "agent",
  sshKeys: [`ssh-ed25519 ${"A".repeat(68)} alice: laptop #1`],
  osImage: "ghcr.io/ublue-os/ucore-minimal:stable",
  tailnetKey: `tskey-auth-${"k".repeat(17)}-${"K".repeat(32)}`,
  birth: {
    stack: "vultr.prod",
    host: "host",
    generation: 1,
    store: {
      endpoint: "https://s3.us-west-004.backblazeb2.com",
      bucket: "agents-of-alice",
      prefix: "vultr.prod/host/releases/g1/",
      keyId: "004".padEnd(25, "d"),
      key: "S".repeat(31),
    },
    jwk: { kty: "oct", alg: "A256GCM", k: "j".repeat(43) },
  },
};
