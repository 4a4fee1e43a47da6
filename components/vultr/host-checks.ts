import { isIP } from "node:net";
import { isNetworkAddress } from "../../agents/egress.ts";
import { brief } from "../../agents/keys.ts";
import { HOSTNAME, OS_IMAGE, SSH_KEY } from "../../butane/host.ts";

/** 4 GB: the smallest plan that carries Moltbot with a sandbox. */
export const DEFAULT_PLAN = "vc2-2c-4gb";

/** The smallest uCore with Podman and Tailscale. */
export const DEFAULT_OS = "ghcr.io/ublue-os/ucore-minimal:stable";

/** The parts of a host that are checked by form; each `undefined` part is absent. */
export interface HostForm {
  readonly region: string;
  readonly plan?: string;
  readonly hostname: string;
  readonly generation: number;
  readonly replace?: number;
  readonly parked?: number;
  readonly sshKeys: readonly string[];
  readonly image?: string;
  readonly os?: string;
  readonly breakGlass?: string;
  readonly tailnetTags?: readonly string[];
  readonly drain?: string;
}

/** Checks of single fields; each gives a sentence that begins after the field's name, or `undefined`. */
export const hostRules = {
  region: (value: string) =>
    /^[a-z]{3}$/.test(value) ? undefined : `must be a three-letter Vultr id such as "ewr", got ${brief(value)}`,
  plan: (value: string) =>
    /^v[a-z0-9]+(-[a-z0-9.]+)+$/.test(value)
      ? undefined
      : `must be a Vultr plan id such as "vc2-2c-4gb", got ${brief(value)}`,
  hostname: (value: string) =>
    HOSTNAME.test(value)
      ? undefined
      : `must be 1 to 63 lower-case letters, digits and hyphens that begin with a letter, got ${brief(value)}`,
  generation: (value: number) =>
    Number.isInteger(value) && value >= 1 ? undefined : `must be a whole number, at least 1, got ${value}`,
  sshKey: (value: string) =>
    SSH_KEY.test(value) ? undefined : 'must be one public key as in a .pub file, such as "ssh-ed25519 AAAA... you"',
  image: (value: string) =>
    /^(stable|testing|next|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(value)
      ? undefined
      : `must be stable, testing, next or the id of a snapshot, got ${brief(value)}`,
  // The policy on the host knows the signing keys of this registry path only.
  os: (value: string) =>
    OS_IMAGE.test(value)
      ? undefined
      : `must be an image of ghcr.io/ublue-os with a tag or digest, such as "${DEFAULT_OS}", got ${brief(value)}`,
  breakGlass: (value: string) =>
    isCidr(value)
      ? undefined
      : `must be a CIDR narrower than /8 (IPv4) or /16 (IPv6), such as "203.0.113.7/32", got ${brief(value)}`,
  drain: (value: string) =>
    /^skip: \S.*$/.test(value)
      ? undefined
      : `must be "skip: <reason>", such as "skip: the disk is gone", got ${brief(value)}`,
  tag: (value: string) =>
    /^tag:[a-z][a-z0-9-]*$/.test(value) ? undefined : `must be a tailnet tag such as "tag:roost", got ${brief(value)}`,
};

/** Everything wrong with a host's arguments, each with its field. */
export function hostProblems(args: HostForm): (string | undefined)[] {
  return [
    named("region", hostRules.region(args.region)),
    named("plan", optional(args.plan, hostRules.plan)),
    named("hostname", hostRules.hostname(args.hostname)),
    named("generation", hostRules.generation(args.generation)),
    args.sshKeys.length === 0 ? "sshKeys must hold at least one public key" : undefined,
    ...args.sshKeys.map((key, index) => named(`sshKeys[${index}]`, hostRules.sshKey(key))),
    ...repeatedKeys(args.sshKeys).map((index) => `sshKeys[${index}] must not be listed twice`),
    named("image", optional(args.image, hostRules.image)),
    named("os", optional(args.os, hostRules.os)),
    named("breakGlass", optional(args.breakGlass, hostRules.breakGlass)),
    named("drain", optional(args.drain, hostRules.drain)),
    named("parked", parkedProblem(args)),
    ...(args.tailnetTags ?? []).map((tag, index) => named(`tailnetTags[${index}]`, hostRules.tag(tag))),
  ];
}

/** Why a host cannot be parked so, after the field's name; parking deletes a VM, so it takes the word for that. */
export function parkedProblem({ parked, generation, replace }: Pick<HostForm, "parked" | "generation" | "replace">) {
  if (parked === undefined) return undefined;
  if (parked !== generation) {
    return `must be the generation ${generation}, got ${parked}: correct it, or take it away to have the host back`;
  }
  if (replace === generation) return undefined;
  return `needs the word as well: set replace: ${generation} beside it, run \`up\` once without parked, then once with it`;
}

/** Places of keys that an earlier one repeats: Ignition refuses them. */
export function repeatedKeys(keys: readonly string[]): number[] {
  return keys.flatMap((key, index) => (keys.indexOf(key) < index ? [index] : []));
}

function named(field: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${field} ${problem}`;
}

function optional<T>(value: T | undefined, rule: (value: T) => string | undefined): string | undefined {
  return value === undefined ? undefined : rule(value);
}

/** A CIDR that begins at its network's first address and is no world: SSH open to everybody is not a repair. */
function isCidr(value: string): boolean {
  const [address = "", size = "", ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(size) || address.includes("%")) return false;
  const [least, most] = family === 4 ? [8, 32] : [16, 128];
  const prefix = Number(size);
  return prefix >= least && prefix <= most && isNetworkAddress(address, prefix);
}
