/**
 * Every input of a Vultr instance whose change would replace it, from the Terraform provider's `ForceNew` fields
 * (vultr_instance, v2.21.0). All are ignored until the generation changes.
 */
export const FROZEN_INPUTS = [
  "userData",
  "region",
  "hostname",
  "osId",
  "snapshotId",
  "imageId",
  "appId",
  "scriptId",
  "sshKeyIds",
  "reservedIpId",
  "disablePublicIpv4",
  "appVariables",
] as const;

/** Inputs whose text may be secret: their change is named, never shown. */
const HIDDEN: readonly string[] = ["userData", "appVariables"];

type Inputs = Readonly<Record<string, unknown>>;

/** What differs between the running instance and what the program wants, one line per input. */
export function waiting(actual: Inputs, wanted: Inputs): string[] {
  return FROZEN_INPUTS.flatMap((input) => {
    const [now, next] = [normal(actual[input]), normal(wanted[input])];
    if (now === next) return [];
    return HIDDEN.includes(input) ? `${input} changed` : `${input}: ${shown(now)} -> ${shown(next)}`;
  });
}

/** The provider gives back an input that was never set as an empty value of its type. */
function normal(value: unknown): string {
  const empty = value === undefined || value === null || value === "" || value === 0 || value === false;
  if (empty || (Array.isArray(value) && value.length === 0)) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shown(value: string): string {
  return value === "" ? "(unset)" : value;
}
