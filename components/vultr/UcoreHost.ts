import * as vultr from "@ediri/vultr";
import * as pulumi from "@pulumi/pulumi";
import { type Birth, hostButane } from "../../butane/host.ts";
import { assertValid } from "../../providers/validation.ts";
import { releaseKey } from "../store/derive.ts";
import type { HostStore } from "../store/Store.ts";
import type { TailnetApi } from "../tailnet/devices.ts";
import { TailnetKey } from "../tailnet/TailnetKey.ts";
import { FROZEN_INPUTS, waiting } from "./frozen.ts";
import { DEFAULT_OS, DEFAULT_PLAN, hostProblems } from "./host-checks.ts";
import { lifeHooks } from "./life/hooks.ts";
import { rememberParking } from "./life/parking.ts";
import { userData } from "./user-data.ts";

/** Part of every child's URN: a rename replaces the host unless an alias carries the old token. */
const TYPE = "roost:vultr:UcoreHost";

/** Vultr's own names of the Fedora CoreOS streams. */
const STREAMS: Readonly<Record<string, string>> = {
  stable: "Fedora CoreOS Stable",
  testing: "Fedora CoreOS Testing",
  next: "Fedora CoreOS Next",
};

export interface UcoreHostArgs {
  /** Vultr region id, such as `ewr`. */
  readonly region: string;
  /**
   * Vultr plan id.
   * @default "vc2-2c-4gb"
   */
  readonly plan?: string;
  /** Name of the machine and of its tailnet node. */
  readonly hostname: string;
  /** A new generation is a new VM; nothing else replaces the host. */
  readonly generation: number;
  /** The word for replacing: the generation whose creation may delete the VM before it. */
  readonly replace?: number;
  /**
   * The generation whose VM is to be away while store, keys and root stay; always `generation`, and `replace` too.
   * Taken away together with a new generation, it brings the host back from its last snapshots.
   */
  readonly parked?: number;
  /** Public keys of the user `core`, at least one. */
  readonly sshKeys: readonly string[];
  /**
   * What the VM boots first: Vultr's `stable`, `testing` or `next` of Fedora CoreOS, or the id of a snapshot.
   * @default "stable"
   */
  readonly image?: string;
  /**
   * The uCore image that the host rebases itself to, signature checked.
   * @default "ghcr.io/ublue-os/ucore-minimal:stable"
   */
  readonly os?: string;
  /** Opens SSH from this CIDR in the provider's firewall and on the host, for repairs. */
  readonly breakGlass?: string;
  /**
   * Tags of the tailnet node.
   * @default ["tag:roost"]
   */
  readonly tailnetTags?: readonly string[];
  /** `skip: <reason>`: the VM may go without the final snapshots of its agents. */
  readonly drain?: string;
  /**
   * Access to the Tailscale API, to remove the device of a replaced host.
   * @default a warning that says what to delete by hand
   */
  readonly tailnetApi?: TailnetApi;
}

/** What a host needs of the components beside it. */
export interface UcoreHostParts {
  readonly store: HostStore;
  /** How the names of the Stashes begin that remember the host's workloads. */
  readonly bornPrefix: string;
}

/** A VM that boots Fedora CoreOS, rebases itself to uCore, and is reached only over the tailnet. */
export class UcoreHost extends pulumi.ComponentResource {
  /** The VM itself, for what these args do not cover; absent while the host is parked. */
  readonly instance: vultr.Instance | undefined;
  /** What the VM is, or will be when it is no longer parked. */
  readonly machine: { readonly hostname: string; readonly region: string; readonly plan: string };
  /** Secret: the Butane source of the user data, for review. */
  readonly butane: pulumi.Output<string>;
  /** Plain: what waits for the next generation, without any value that may be secret. */
  readonly pending: pulumi.Output<string[]>;
  /** Whether an `up` may replace the VM. */
  readonly protection: pulumi.Output<string>;

  constructor(name: string, args: UcoreHostArgs & UcoreHostParts, opts?: pulumi.ComponentResourceOptions) {
    // Before super(): a rejected component must leave no half-made registration behind.
    assertValid(TYPE, name, hostProblems(args));
    // The user data stays out of the component's own inputs: state would hold it twice.
    super(TYPE, name, { region: args.region, generation: args.generation }, opts);

    const tags = args.tailnetTags ?? ["tag:roost"];
    const { hostname, generation } = args;
    const tailnet = new TailnetKey(`${name}-tailnet`, { hostname, tags, generation }, { parent: this });
    this.machine = { hostname, region: args.region, plan: args.plan ?? DEFAULT_PLAN };
    this.butane = this.createButane(name, args, tailnet);
    // Also without a VM: the one that the state still has is deleted by these.
    const hooks = lifeHooks({
      host: name,
      generation,
      node: { hostname, tags },
      key: { expiresAt: tailnet.expiresAt, urn: tailnet.keyUrn },
      bornPrefix: args.bornPrefix,
      ...(args.replace === undefined ? {} : { replace: args.replace }),
      ...(args.drain === undefined ? {} : { drain: args.drain }),
      ...(args.tailnetApi === undefined ? {} : { tailnetApi: args.tailnetApi }),
    });
    const parking = rememberParking(name, generation, args.parked, { parent: this });
    const firewall = this.createFirewall(name, args.breakGlass);
    const frozen = {
      region: args.region,
      hostname,
      ...this.bootImage(args.image ?? "stable"),
      userData: this.butane.apply(userData),
    };
    if (args.parked === undefined) {
      const vm = this.createInstance(name, args, { ...frozen, firewallGroupId: firewall.id }, hooks, parking);
      this.instance = vm;
      const actual = Object.fromEntries(FROZEN_INPUTS.map((input) => [input, vm[input]]));
      // Secret only because the user data is: the list names it and shows nothing of it.
      this.pending = pulumi.unsecret(pulumi.all([actual, frozen]).apply(([now, next]) => waiting(now, next)));
    } else {
      this.instance = undefined;
      this.pending = pulumi.output([]);
    }
    this.protection = pulumi.output(protectionOf(args));
    this.registerOutputs({ pending: this.pending, protection: this.protection });
  }

  private createInstance(
    name: string,
    args: UcoreHostArgs,
    inputs: Pick<vultr.InstanceArgs, "region" | "hostname" | "osId" | "snapshotId" | "userData" | "firewallGroupId">,
    hooks: pulumi.ResourceHookBinding,
    parking: pulumi.Stash,
  ): vultr.Instance {
    return new vultr.Instance(
      `${name}-vm`,
      {
        ...inputs,
        plan: this.machine.plan,
        label: args.hostname,
        // The generation is the running host's own: it stays until the VM is replaced.
        tags: ["roost", pulumi.getStack(), `g${args.generation}`],
        enableIpv6: true,
        activationEmail: false,
      },
      {
        parent: this,
        // Only a new generation replaces the VM, and only with the word for it.
        ignoreChanges: [...FROZEN_INPUTS],
        replacementTrigger: args.generation,
        protect: args.replace !== args.generation,
        deleteBeforeReplace: true, // two live hosts would poll one bot token
        additionalSecretOutputs: ["userData", "kvm"],
        hooks,
        dependsOn: parking, // which refuses the return of a parked generation
      },
    );
  }

  /** Accept-only and empty: nothing from outside reaches the host but over the tailnet. */
  private createFirewall(name: string, breakGlass: string | undefined): vultr.FirewallGroup {
    const group = new vultr.FirewallGroup(
      `${name}-firewall`,
      { description: `${name} of ${pulumi.getStack()}` },
      { parent: this },
    );
    if (breakGlass !== undefined) {
      const [subnet = "", size] = breakGlass.split("/");
      new vultr.FirewallRule(
        `${name}-break-glass`,
        {
          firewallGroupId: group.id,
          protocol: "tcp",
          ipType: subnet.includes(":") ? "v6" : "v4",
          subnet,
          subnetSize: Number(size),
          port: "22",
          notes: "break glass: take host.breakGlass away when the repair is done",
        },
        { parent: this },
      );
    }
    return group;
  }

  private bootImage(image: string): { osId: pulumi.Output<number> } | { snapshotId: string } {
    const stream = STREAMS[image];
    if (stream === undefined) return { snapshotId: image };
    const found = vultr.getOsOutput({ filters: [{ name: "name", values: [stream] }] }, { parent: this });
    return { osId: found.id.apply(Number) };
  }

  private createButane(name: string, args: UcoreHostArgs & UcoreHostParts, tailnet: TailnetKey): pulumi.Output<string> {
    const { store } = args;
    const birth: pulumi.Output<Birth> = pulumi.output({
      stack: pulumi.getStack(),
      host: name,
      generation: args.generation,
      store: {
        endpoint: store.endpoint,
        bucket: store.bucketName,
        prefix: store.releasePrefix,
        keyId: store.releaseKey.applicationKeyId,
        key: store.releaseKey.applicationKey,
      },
      jwk: store.root.apply((root) => ({
        kty: "oct" as const,
        alg: "A256GCM" as const,
        k: releaseKey(root, args.generation),
      })),
    });
    return pulumi.secret(
      pulumi.all([birth, tailnet.key]).apply(([known, tailnetKey]) =>
        hostButane({
          hostname: args.hostname,
          sshKeys: args.sshKeys,
          osImage: args.os ?? DEFAULT_OS,
          tailnetKey,
          birth: known,
        }),
      ),
    );
  }
}

function protectionOf({ generation, replace, parked }: UcoreHostArgs): string {
  if (parked !== undefined) {
    return `parked: to restore it, take host.parked away and set host.generation to ${generation + 1}`;
  }
  return replace === generation ? "off until the next up without host.replace" : "on";
}
