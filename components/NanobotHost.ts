import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { imageProblem } from "../agents/image.ts";
import { nanobotWorkload } from "../agents/nanobot.ts";
import { nanobotProblems } from "../agents/nanobot-problems.ts";
import { nanobotSchema, tenantName } from "../agents/nanobot-schema.ts";
import type { Secret } from "../agents/secret.ts";
import { assertValid } from "../providers/validation.ts";
import { agentArgs } from "./agent-args.ts";
import type { HostRelease } from "./release/HostRelease.ts";
import type { HostSettings } from "./release/settings.ts";
import { type Store, type StoreArgs, storeProblems } from "./store/Store.ts";
import { createHost } from "./vultr/createHost.ts";
import { hostProblems } from "./vultr/host-checks.ts";
import type { UcoreHost, UcoreHostArgs } from "./vultr/UcoreHost.ts";

const TYPE = "roost:index:NanobotHost";

export interface NanobotHostArgs {
  readonly host: UcoreHostArgs;
  readonly store: StoreArgs;
  /**
   * Alerts, the window for reboots, and where restic comes from.
   * @default nobody is told, no reboots, the distribution's restic
   */
  readonly settings?: HostSettings;
  /** The tenant's name: part of its unit, its store path and its keys. */
  readonly tenant: string;
  /** What a stack's `roost:tenants.<name>` holds, with the secrets themselves. */
  readonly agent: z.input<typeof nanobotSchema>;
  /** nanobot image by digest. */
  readonly image: string;
  /** A containers `auth.json`, for a private registry. */
  readonly registryAuth?: Secret;
}

/** A Vultr host that runs one nanobot tenant. */
export class NanobotHost extends pulumi.ComponentResource {
  readonly store: Store;
  readonly host: UcoreHost;
  readonly release: HostRelease;

  constructor(name: string, args: NanobotHostArgs, opts?: pulumi.ComponentResourceOptions) {
    const { tenant, image, registryAuth } = args;
    // Before anything is registered: a half-made store would keep its root.
    assertValid(TYPE, name, [
      ...hostProblems(args.host),
      ...storeProblems(args.store),
      imageProblem(image),
      tenantName.safeParse(tenant).error?.issues.map(({ message }) => `tenant ${message}`)[0],
    ]);
    const agent = agentArgs(`${TYPE} "${name}"`, nanobotSchema, args.agent, nanobotProblems);
    super(TYPE, name, {}, opts);
    const parts = createHost(
      { store: `${name}-store`, host: `${name}-host`, release: `${name}-release` },
      {
        host: args.host,
        store: args.store,
        ...(args.settings === undefined ? {} : { settings: args.settings }),
        workloads: [nanobotWorkload(agent, { name: tenant, image })],
        ...(registryAuth === undefined ? {} : { registryAuth }),
      },
      { parent: this },
    );
    ({ store: this.store, host: this.host, release: this.release } = parts);
    this.registerOutputs({ release: this.release.id });
  }
}
