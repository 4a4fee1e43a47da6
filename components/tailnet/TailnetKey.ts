import * as pulumi from "@pulumi/pulumi";
import * as tailscale from "@pulumi/tailscale";

const TYPE = "roost:tailnet:TailnetKey";

/** Seconds a key may wait for its host: a failed create and its repair have to fit. */
export const KEY_LIFETIME_SECONDS = 86_400;

/** Every input of the provider's `TailnetKey`, for the `ignoreChanges` that freezes one. */
export const TAILNET_KEY_INPUTS: readonly (keyof tailscale.TailnetKeyArgs)[] = [
  "description",
  "ephemeral",
  "expiry",
  "preauthorized",
  "recreateIfInvalid",
  "reusable",
  "tags",
  "userId",
];

export interface TailnetKeyArgs {
  /** The host that joins with it; shows in the tailnet's key list. */
  readonly hostname: string;
  /** Tags of the node, such as `tag:roost`; the tailnet's policy must let the deployer own them. */
  readonly tags: readonly string[];
  readonly generation: number;
}

/** The one-off key with which one generation of a host joins the tailnet. */
export class TailnetKey extends pulumi.ComponentResource {
  /** Secret. */
  readonly key: pulumi.Output<string>;
  /** When it can no longer be used, in RFC 3339. */
  readonly expiresAt: pulumi.Output<string>;
  /** URN of the key itself, for `pulumi up --replace`. */
  readonly keyUrn: pulumi.Output<string>;

  constructor(name: string, args: TailnetKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super(TYPE, name, {}, opts);
    // Named by its generation and frozen: a bump that is taken back finds the running host's key untouched.
    const key = new tailscale.TailnetKey(
      `${name}-g${args.generation}`,
      {
        description: `roost ${args.hostname} g${args.generation}`.replaceAll(/[^A-Za-z0-9 -]/g, "-").slice(0, 50),
        reusable: false,
        // An ephemeral node that is off for an hour is removed, and its one-off key is spent.
        ephemeral: false,
        preauthorized: true,
        tags: [...args.tags],
        expiry: KEY_LIFETIME_SECONDS,
        recreateIfInvalid: "never",
      },
      { parent: this, ignoreChanges: [...TAILNET_KEY_INPUTS], additionalSecretOutputs: ["key"] },
    );
    this.key = pulumi.secret(key.key);
    this.expiresAt = key.expiresAt;
    this.keyUrn = key.urn;
    this.registerOutputs({});
  }
}
