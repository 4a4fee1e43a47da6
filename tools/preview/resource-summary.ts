import { runtime } from "@pulumi/pulumi";
import type { Registered } from "../record.ts";

/** One resource as a preview lists it. */
export interface ResourceSummary {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent, empty for the stack. */
  readonly parent: string;
  /** False for a component, which exists in the state alone. */
  readonly custom: boolean;
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  /** Inputs whose change the engine overlooks until the resource is replaced. */
  readonly ignoreChanges: readonly string[];
  /** A change from one value to another replaces the resource; absent when it has none. */
  readonly replacementTrigger?: unknown;
  /** What matters about it, in a few words. */
  readonly about: string;
  /** As registered; `[secret]` stands for whatever the program marks secret. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

const SECRET = "[secret]";

/** A registered resource as a reviewer may see it; nothing that the program marks secret is in it. */
export function summariseResource({ urn, type, name, inputs, custom, options }: Registered): ResourceSummary {
  const about = [aboutInputs(type, inputs), ...(options.protect ? ["protected"] : [])].filter((part) => part !== "");
  const hidden = options.additionalSecretOutputs; // an output of an input's name has the input's value
  const trigger = options.replacementTrigger;
  return {
    urn,
    type,
    name,
    parent: options.parent,
    custom,
    protect: options.protect,
    deleteBeforeReplace: options.deleteBeforeReplace,
    ignoreChanges: options.ignoreChanges,
    ...(trigger === undefined ? {} : { replacementTrigger: withoutSecrets(trigger) }),
    about: about.join(", "),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, value]) => [key, hidden.includes(key) ? SECRET : withoutSecrets(value)]),
    ),
  };
}

function withoutSecrets(value: unknown): unknown {
  if (runtime.isRpcSecret(value)) return SECRET;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(item)]));
}

function aboutInputs(type: string, inputs: Readonly<Record<string, unknown>>): string {
  switch (type) {
    case "backblaze:index:Bucket":
      return `${shown(inputs["bucketName"])}, ${shown(inputs["bucketType"])}, encrypted`;
    case "backblaze:index:ApplicationKey":
      return `${shown(inputs["namePrefix"])}: ${listed(inputs["capabilities"])}`;
    case "backblaze:index:BucketFile":
      return `${shown(inputs["fileName"])}, sha256 ${shown(inputs["sha256"]).slice(0, 12)}`;
    case "pulumi:index:Stash":
      return `remembers ${shown(inputs["input"])}`;
    case "tailscale:index/tailnetKey:TailnetKey":
      return `one-off, ${listed(inputs["tags"])}, ${Number(inputs["expiry"]) / 3600} h`;
    case "vultr:index/firewallGroup:FirewallGroup":
      return "nothing comes in but by its rules";
    case "vultr:index/firewallRule:FirewallRule":
      return `port ${shown(inputs["port"])} open to ${shown(inputs["subnet"])}/${shown(inputs["subnetSize"])}`;
    case "vultr:index/instance:Instance":
      return `${shown(inputs["plan"])} in ${shown(inputs["region"])}, ${shown(inputs["hostname"])}`;
    default:
      return "";
  }
}

function shown(value: unknown): string {
  if (runtime.isRpcSecret(value)) return SECRET;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(" ") : shown(value);
}
