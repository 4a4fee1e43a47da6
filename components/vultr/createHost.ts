import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../agents/secret.ts";
import type { Workload } from "../../agents/workload.ts";
import { bornPrefix, HostRelease } from "../release/HostRelease.ts";
import type { HostSettings } from "../release/settings.ts";
import { Store, type StoreArgs } from "../store/Store.ts";
import { UcoreHost, type UcoreHostArgs } from "./UcoreHost.ts";

/** A host and all that it runs. */
export interface HostParts {
  readonly host: UcoreHostArgs;
  readonly store: StoreArgs;
  readonly workloads: readonly Workload[];
  /** A containers `auth.json` for the images' registries. */
  readonly registryAuth?: Secret;
  /** Alerts, the window for reboots, and where restic comes from. */
  readonly settings?: HostSettings;
}

/** The names of the three resources; the host's is part of its store paths and of every derived key. */
export interface HostNames {
  readonly store: string;
  readonly host: string;
  readonly release: string;
}

/** Builds what every Vultr host has, whatever runs there: its store, the VM, and its release. */
export function createHost(names: HostNames, parts: HostParts, opts: pulumi.ComponentResourceOptions = {}) {
  const { generation, sshKeys, breakGlass } = parts.host;
  const store = new Store(names.store, { ...parts.store, hosts: { [names.host]: { generation } } }, opts);
  const hostStore = store.hosts[names.host];
  if (hostStore === undefined) throw new Error(`the store made no keys for ${names.host}`);
  const release = new HostRelease(
    names.release,
    {
      host: names.host,
      generation,
      store: hostStore,
      workloads: parts.workloads,
      sshKeys,
      settings: parts.settings ?? {},
      ...(breakGlass === undefined ? {} : { breakGlass }),
      ...(parts.registryAuth === undefined ? {} : { registryAuth: parts.registryAuth }),
    },
    opts,
  );
  const host = new UcoreHost(
    names.host,
    { ...parts.host, store: hostStore, bornPrefix: bornPrefix(names.release) },
    // So that a destroy ends the VM before the memory of what its drain has to name.
    pulumi.mergeOptions(opts, { dependsOn: [...release.births] }),
  );
  return { store, host, release };
}
