import { TAILNET_KEY_INPUTS } from "../../../components/tailnet/TailnetKey.ts";
import { FROZEN_INPUTS } from "../../../components/vultr/frozen.ts";
import { REPLACED_BY } from "../../../providers/backblaze/replaced-by.ts";

/** By type, the inputs whose change makes the engine replace the resource; every other is updated in place. */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  "backblaze:index:ApplicationKey": REPLACED_BY.ApplicationKey,
  "backblaze:index:Bucket": REPLACED_BY.Bucket,
  "backblaze:index:BucketFile": REPLACED_BY.BucketFile,
  // The engine's own: its output stays as it is while the input changes.
  "pulumi:index:Stash": [],
  // `ForceNew` in https://github.com/tailscale/terraform-provider-tailscale, resource_tailnet_key.go: all but these two.
  "tailscale:index/tailnetKey:TailnetKey": TAILNET_KEY_INPUTS.filter(
    (input) => !["recreateIfInvalid", "userId"].includes(input),
  ),
  // `ForceNew` in https://github.com/vultr/terraform-provider-vultr: of a rule every field, of a group none.
  "vultr:index/firewallGroup:FirewallGroup": [],
  "vultr:index/firewallRule:FirewallRule": [
    "firewallGroupId",
    "ipType",
    "notes",
    "port",
    "protocol",
    "source",
    "subnet",
    "subnetSize",
  ],
  "vultr:index/instance:Instance": FROZEN_INPUTS,
};

/** Types the table knows. */
export const KNOWN_TYPES = Object.keys(REPLACING);

/** Whether a change of this input replaces a resource of this type; a type that the table lacks is an error. */
export function replaces(type: string, input: string): boolean {
  const inputs = REPLACING[type];
  if (inputs === undefined) {
    throw new Error(`preview does not know what replaces a ${type}: add it to tools/preview/against/replacing.ts`);
  }
  return inputs.includes(input);
}
