import { createHash } from "node:crypto";
import type { Workload } from "../agents/workload.ts";

/** Uid and gid of the host's user `moltbot`, fixed at birth: what uid 1000 of the gateway is on the host. */
export const MOLTBOT_UID = 1001;

/**
 * Host uids (and gids) of agents' containers, both ends included: 268,304,384 of them.
 * Nobody else hands them out: systemd-nspawn's containers end at 0x6fffffff, subordinate uids of login.defs at
 * 600,100,000, systemd's foreign uids begin at 0x7ffe0000, Podman's `containers` range at 0x7fffffff, and from
 * 0x80000000 on code that takes a uid for a signed number breaks (https://systemd.io/UIDS-GIDS).
 */
export const AGENT_UIDS = { first: 0x7000_0000, last: 0x7ffd_ffff } as const;

/** A workload's container uses two uids, its base for container root and the next one for uid 1000. */
const UIDS_PER_WORKLOAD = 2;

/**
 * The host uid of a workload's container root: a pure function of the name, so that owners of files survive
 * rebuilds, moves to another host and any change of its neighbours.
 */
export function uidBase(name: string): number {
  const places = (AGENT_UIDS.last - AGENT_UIDS.first + 1) / UIDS_PER_WORKLOAD;
  const hash = createHash("sha256").update(`uid:${name}`).digest().readUIntBE(0, 6);
  return AGENT_UIDS.first + UIDS_PER_WORKLOAD * (hash % places);
}

/** What a workload's container root and its uid 1000, the agent, are on the host. */
export function hostUids({ name, kind }: Pick<Workload, "kind" | "name">): {
  readonly root: number;
  readonly agent: number;
} {
  const root = uidBase(name);
  return { root, agent: kind === "moltbot" ? MOLTBOT_UID : root + 1 };
}

/** Pairs of different names that would share their uids; such names cannot live on one host. */
export function uidCollisions(names: readonly string[]): readonly [string, string][] {
  const owners = new Map<number, string>();
  const collisions: [string, string][] = [];
  for (const name of new Set(names)) {
    const base = uidBase(name);
    const owner = owners.get(base);
    if (owner === undefined) owners.set(base, name);
    else collisions.push([owner, name]);
  }
  return collisions;
}
