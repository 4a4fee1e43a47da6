import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../agents/secret.ts";
import type { Workload } from "../../agents/workload.ts";
import { BucketFile } from "../../providers/backblaze/sdk.ts";
import { releaseKey } from "../store/derive.ts";
import type { HostStore } from "../store/Store.ts";
import { releaseContent, type StateAccess } from "./content.ts";
import { sha256 } from "./manifest.ts";
import { packRelease, sealRelease } from "./pack.ts";
import type { HostSettings } from "./settings.ts";

const TYPE = "roost:release:HostRelease";

export interface HostReleaseArgs {
  /** The host's name in store paths: its component's name. */
  readonly host: string;
  readonly generation: number;
  readonly store: HostStore;
  readonly workloads: readonly Workload[];
  /** Public keys of the user `core`: a change reaches a running host with the next release. */
  readonly sshKeys: readonly string[];
  /** A containers `auth.json` for the images' registries; it stays readable by root alone. */
  readonly registryAuth?: Secret;
  /** CIDR that may reach SSH without the tailnet, for repairs. */
  readonly breakGlass?: string;
  readonly settings: HostSettings;
}

/** How the names of the Stashes begin that remember where a release's workloads were born; the workload follows. */
export function bornPrefix(release: string): string {
  return `${release}-born-`;
}

/** What a host runs: packed, sealed and uploaded below its generation, with a pointer to it. */
export class HostRelease extends pulumi.ComponentResource {
  /** The release's id: SHA-256 of its plain text. */
  readonly id: pulumi.Output<string>;
  /** Remember in which generation each workload was born; a host that goes is asked for all of them. */
  readonly births: readonly pulumi.Stash[];

  constructor(name: string, args: HostReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super(TYPE, name, { generation: args.generation }, opts);
    const { store, generation } = args;
    const births = this.createBirths(name, args);
    this.births = births.map(([, stash]) => stash);
    const born = pulumi.output(
      Object.fromEntries(births.map(([workload, stash]) => [workload, stash.output.apply((output): number => output)])),
    );

    const sealed = pulumi.all([born, store.root, this.stateAccess(store)]).apply(async ([known, root, state]) => {
      const content = releaseContent({ ...args, stack: pulumi.getStack(), born: known, root, state });
      const { tar, id } = await packRelease(content);
      return { id, jwe: await sealRelease(tar, releaseKey(root, generation)) };
    });
    // A digest of a text that holds the secrets; it has to show in a diff.
    this.id = pulumi.unsecret(sealed.id);
    const size = pulumi.unsecret(sealed.apply(({ jwe }) => jwe.length));

    const archive = this.upload(
      `${name}-archive-g${generation}`,
      store,
      pulumi.interpolate`${this.id}.jwe`,
      "application/jose",
      sealed.jwe,
    );
    const pointer = pulumi.jsonStringify({ id: this.id, size });
    // After the archive: a host that follows the pointer must find it.
    this.upload(`${name}-pointer-g${generation}`, store, "current", "application/json", pointer, archive);

    this.registerOutputs({ id: this.id });
  }

  /** Pulumi's memory of where each workload was born decides who may start without a backup. */
  private createBirths(name: string, args: HostReleaseArgs): (readonly [string, pulumi.Stash])[] {
    return ["host", ...args.workloads.map((workload) => workload.name)].map((workload) => {
      const stash = new pulumi.Stash(
        `${bornPrefix(name)}${workload}`,
        { input: args.generation },
        { parent: this, ignoreChanges: ["input"] },
      );
      return [workload, stash] as const;
    });
  }

  private stateAccess(store: HostStore): pulumi.Output<StateAccess> {
    return pulumi.output({
      endpoint: store.endpoint,
      bucket: store.bucketName,
      prefix: store.statePrefix,
      keyId: store.stateKey.applicationKeyId,
      key: store.stateKey.applicationKey,
    });
  }

  private upload(
    name: string,
    store: HostStore,
    file: pulumi.Input<string>,
    contentType: string,
    content: pulumi.Output<string>,
    after?: pulumi.Resource,
  ): BucketFile {
    return new BucketFile(
      name,
      {
        bucketId: store.bucketId,
        fileName: pulumi.interpolate`${store.releasePrefix}${file}`,
        contentType,
        content: content.apply((text) => Buffer.from(text).toString("base64")),
        sha256: pulumi.unsecret(content.apply(sha256)),
      },
      { parent: this, ...(after === undefined ? {} : { dependsOn: after }) },
    );
  }
}
