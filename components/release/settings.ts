import type { Secret } from "../../agents/secret.ts";

/** Days as systemd writes them. */
export const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** What the scripts of a host are told besides its workloads. */
export interface HostSettings {
  /** Image that restic is copied from, by digest; without one the distribution's own is used. */
  readonly resticImage?: string;
  readonly alerts?: Alerts;
  /** Without one the host never reboots by itself. */
  readonly reboot?: RebootWindow;
}

/** How the owner is told that something is wrong; an address is secret, because whoever knows it can write there. */
export interface Alerts {
  readonly webhook?: Secret;
  readonly ntfy?: Secret;
  /** A check that wants a sign of life each minute. */
  readonly ping?: Secret;
  /** A bot of its own and the id of the chat that it writes to. */
  readonly telegram?: { readonly token: Secret; readonly chat: string };
  /** Minutes that messages may wait for an agent before it counts as deaf. */
  readonly deafMinutes: number;
}

/** Weekly window for updates of the OS; `hour` is UTC, 0 to 23. */
export interface RebootWindow {
  readonly day: (typeof DAYS)[number];
  readonly hour: number;
}
