import { setTimeout as sleep } from "node:timers/promises";

/** What the client needs of the world; tests bring their own. */
export interface Io {
  readonly fetch: typeof globalThis.fetch;
  /** Waits so many milliseconds; rejects when `stop` fires first. */
  readonly sleep: (milliseconds: number, stop: AbortSignal) => Promise<unknown>;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Fires after so many milliseconds. */
  readonly deadline: (milliseconds: number) => AbortSignal;
}

/** The network and the clock. */
export const realIo: Io = {
  fetch: globalThis.fetch,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  random: Math.random,
  deadline: (milliseconds) => AbortSignal.timeout(milliseconds),
};
