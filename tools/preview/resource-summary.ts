import { runtime } from "@pulumi/pulumi";
import type { Registered } from "../record.ts";

/** One resource as a preview lists it. */
export interface ResourceSummary {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent, empty for the stack. */
  readonly parent: string;
  readonly protect: boolean;
  /** What matters about it, in a few words. */
  readonly about: string;
}

/** A registered resource in one line; nothing that the program marks secret is in it. */
export function summariseResource({ urn, type, name, inputs, options }: Registered): ResourceSummary {
  const about = [aboutInputs(type, inputs), ...(options.protect ? ["protected"] : [])].filter((part) => part !== "");
  return { urn, type, name, parent: options.parent, protect: options.protect, about: about.join(", ") };
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
  if (runtime.isRpcSecret(value)) return "[secret]";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listed(value: unknown): string {
  return Array.isArray(value) ? value.join(" ") : shown(value);
}
