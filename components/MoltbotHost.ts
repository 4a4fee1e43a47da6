import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { imageProblem } from "../agents/image.ts";
import { moltbotWorkload } from "../agents/moltbot.ts";
import { moltbotProblems } from "../agents/moltbot-problems.ts";
import { moltbotSchema } from "../agents/moltbot-schema.ts";
import type { Secret } from "../agents/secret.ts";
import { assertValid } from "../providers/validation.ts";
import { agentArgs } from "./agent-args.ts";
import type { HostRelease } from "./release/HostRelease.ts";
import type { HostSettings } from "./release/settings.ts";
import { type Store, type StoreArgs, storeProblems } from "./store/Store.ts";
import { createHost } from "./vultr/createHost.ts";
import { hostProblems } from "./vultr/host-checks.ts";
import type { UcoreHost, UcoreHostArgs } from "./vultr/UcoreHost.ts";

const TYPE = "roost:index:MoltbotHost";

export interface MoltbotHostArgs {
  readonly host: UcoreHostArgs;
  readonly store: StoreArgs;
  /**
   * Alerts, the window for reboots, and where restic comes from.
   * @default nobody is told, no reboots, the distribution's restic
   */
  readonly settings?: HostSettings;
  /** What a stack's `roost:moltbot` holds, with the secrets themselves. */
  readonly agent: z.input<typeof moltbotSchema>;
  readonly images: {
    /** Gateway image by digest. */
    readonly gateway: string;
    /** Sandbox image by digest. */
    readonly sandbox: string;
    /** A containers `auth.json`, for a private registry. */
    readonly registryAuth?: Secret;
  };
}

/** A Vultr host that runs one Moltbot gateway. */
export class MoltbotHost extends pulumi.ComponentResource {
  readonly store: Store;
  readonly host: UcoreHost;
  readonly release: HostRelease;

  constructor(name: string, args: MoltbotHostArgs, opts?: pulumi.ComponentResourceOptions) {
    // Before anything is registered: a half-made store would keep its root.
    assertValid(TYPE, name, [
      ...hostProblems(args.host),
      ...storeProblems(args.store),
      imageProblem(args.images.gateway),
      imageProblem(args.images.sandbox),
    ]);
    const agent = agentArgs(`${TYPE} "${name}"`, moltbotSchema, args.agent, moltbotProblems);
    super(TYPE, name, {}, opts);
    const { gateway, sandbox, registryAuth } = args.images;
    const parts = createHost(
      { store: `${name}-store`, host: `${name}-host`, release: `${name}-release` },
      {
        host: args.host,
        store: args.store,
        ...(args.settings === undefined ? {} : { settings: args.settings }),
        workloads: [moltbotWorkload(agent, { image: gateway, sandboxImage: sandbox })],
        ...(registryAuth === undefined ? {} : { registryAuth }),
      },
      { parent: this },
    );
    ({ store: this.store, host: this.host, release: this.release } = parts);
    this.registerOutputs({ release: this.release.id });
  }
}
