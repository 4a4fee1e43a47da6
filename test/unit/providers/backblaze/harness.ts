import { onTestFinished } from "vitest";
import { Secret } from "../../../../agents/secret.ts";
import { type BackblazeProvider, createProvider } from "../../../../providers/backblaze/provider.ts";
import { FakeB2 } from "./fake-b2.ts";

/** The provider beside its fake B2, with a clock that a test winds. */
export interface Bench {
  readonly b2: FakeB2;
  readonly provider: BackblazeProvider;
  /** What the user was told, in order. */
  readonly warnings: { readonly urn: string; readonly message: string }[];
  /** The pauses between attempts, in milliseconds. */
  readonly pauses: number[];
  /** Lets every request that waits for its answer run out of time. */
  readonly timeOut: () => void;
  /** Another run of Pulumi: the same B2, a provider without memory. */
  readonly restart: () => Bench;
}

/** The key that the provider works with in a test. */
export interface Credentials {
  readonly keyId: string;
  readonly key: string;
}

/** Starts a fake B2 and a provider for it; both end with the test. */
export async function bench(limit: (b2: FakeB2) => Credentials = (b2) => b2.master): Promise<Bench> {
  const b2 = await FakeB2.start();
  onTestFinished(() => b2.stop());
  return connect(b2, limit(b2));
}

function connect(b2: FakeB2, { keyId, key }: Credentials): Bench {
  const warnings: Bench["warnings"] = [];
  const pauses: number[] = [];
  let clock = new AbortController();
  const provider = createProvider({
    settings: () => ({ keyId, key: new Secret(key), endpoint: b2.url }),
    warn: async (urn, message) => void warnings.push({ urn, message }),
    io: {
      fetch: globalThis.fetch,
      random: () => 0,
      deadline: () => clock.signal,
      sleep: async (milliseconds, stop) => {
        stop.throwIfAborted();
        pauses.push(milliseconds);
      },
    },
  });
  const timeOut = () => {
    const before = clock;
    clock = new AbortController();
    before.abort(new DOMException("timed out", "TimeoutError"));
  };
  return { b2, provider, warnings, pauses, timeOut, restart: () => connect(b2, { keyId, key }) };
}

/** A key of the fake with these capabilities. */
export function limitedKey(b2: FakeB2, capabilities: readonly string[]): Credentials {
  const key = b2.newKey("limited", capabilities);
  b2.keys.set(key.applicationKeyId, key);
  return { keyId: key.applicationKeyId, key: key.applicationKey };
}

export const urnOf = (type: string, name: string, stack = "vultr.test"): string =>
  `urn:pulumi:${stack}::roost::roost:store:Store$backblaze:index:${type}::${name}`;
