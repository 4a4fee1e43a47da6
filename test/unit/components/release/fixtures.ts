import type { Workload } from "../../../../agents/workload.ts";
import { type ContentArgs, releaseContent } from "../../../../components/release/content.ts";
import type { ReleaseEntry } from "../../../../quadlets/release-file.ts";

/** What a release is made of, the same at every run. */
export const contentArgs = (workloads: readonly Workload[], changes: Partial<ContentArgs> = {}): ContentArgs => ({
  stack: "vultr.test",
  host: "host",
  workloads,
  sshKeys: ["ssh-ed25519 AAAA"],
  settings: {},
  born: { host: 1 },
  root: Buffer.alloc(32, 7).toString("base64url"),
  state: {
    endpoint: "https://s3.example",
    bucket: "roost-test",
    prefix: "vultr.test/host/state/",
    keyId: "id",
    key: "state key",
  },
  ...changes,
});

/** All entries of a release. */
export const entriesOf = (
  workloads: readonly Workload[],
  changes: Partial<ContentArgs> = {},
): readonly ReleaseEntry[] => releaseContent(contentArgs(workloads, changes)).entries;
