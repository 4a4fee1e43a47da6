import { B2Error, isTransient } from "./errors.ts";
import type { Io } from "./io.ts";

/** How often a call is made before its failure is the user's. */
export const ATTEMPTS = 6;

/** A longer pause than B2's answers ask for; whoever wants more of us hears of it at once. */
const LONGEST_RETRY_AFTER_S = 600;

/**
 * Makes a call until it succeeds, fails for good, or has failed `ATTEMPTS` times. Pauses grow from 1 s, twofold, as B2's
 * integration checklist asks, with jitter: all resources of a stack meet the same outage. `Retry-After` goes before.
 */
export async function retrying<T>(
  io: Io,
  stop: AbortSignal,
  call: (attempt: number) => Promise<T>,
  again: (error: unknown) => boolean = isTransient,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (error) {
      if (!again(error)) throw error;
      const pause = pauseMs(io, attempt, error);
      if (attempt === ATTEMPTS || pause === undefined) throw tired(error, attempt);
      try {
        await io.sleep(pause, stop);
      } catch {
        throw tired(error, attempt);
      }
    }
  }
}

function pauseMs(io: Io, attempt: number, error: unknown): number | undefined {
  const asked = error instanceof B2Error ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return asked > LONGEST_RETRY_AFTER_S ? undefined : asked * 1000 + io.random() * 1000;
  return 1000 * 2 ** (attempt - 1) * (0.5 + io.random() / 2);
}

function tired(error: unknown, attempts: number): unknown {
  if (isTransient(error) && attempts > 1) error.message += ` (${attempts} attempts)`;
  return error;
}
