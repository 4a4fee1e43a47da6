import { z } from "zod";
import type { FakeB2 } from "./fake-b2.ts";

/** What B2 answers instead of doing it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A bucket of the fake. */
export interface StoredBucket {
  readonly bucketId: string;
  readonly bucketName: string;
  bucketType: string;
  bucketInfo: Record<string, string>;
  lifecycleRules: readonly object[];
  encryption: { readonly mode: string | null; readonly algorithm?: string | undefined };
}

/** A key of the fake. */
export interface StoredKey {
  readonly applicationKeyId: string;
  readonly applicationKey: string;
  readonly keyName: string;
  readonly capabilities: readonly string[];
  readonly bucketIds: readonly string[] | null;
  readonly namePrefix: string | null;
}

/** A version of a file, or the marker that hides those before it. */
export interface StoredVersion {
  readonly fileId: string;
  readonly fileName: string;
  readonly bucketId: string;
  readonly action: "upload" | "hide";
  readonly contentType: string;
  readonly contentSha1: string;
  readonly fileInfo: Readonly<Record<string, string>>;
  bytes: Buffer;
}

/** Answers a call, or throws a `Refusal`. */
export type Call = (fake: FakeB2, key: StoredKey, fields: object) => unknown;

/** A call that takes these fields and no others, and wants this capability. */
export function call<S extends z.ZodObject>(
  capability: string,
  schema: S,
  answer: (fake: FakeB2, fields: z.output<S>, key: StoredKey) => unknown,
): Call {
  return (fake, key, fields) => {
    const { data, error } = schema.safeParse(fields);
    if (error !== undefined) throw new Refusal(400, "bad_request", z.prettifyError(error));
    const named = (field: string) => text(data, field);
    if (![undefined, fake.accountId].includes(named("accountId"))) throw new Refusal(400, "bad_request", "accountId");
    authorized(key, capability, { bucketId: named("bucketId") });
    return answer(fake, data, key);
  };
}

function text(fields: object, name: string): string | undefined {
  const value = new Map<string, unknown>(Object.entries(fields)).get(name);
  return typeof value === "string" ? value : undefined;
}

/** Refuses what a key may not do, or not there. */
export function authorized(
  key: StoredKey,
  capability: string,
  { bucketId = "", fileName }: { bucketId?: string | undefined; fileName?: string },
): void {
  const inBuckets = key.bucketIds === null || key.bucketIds.includes(bucketId);
  const inPrefix = fileName === undefined || fileName.startsWith(key.namePrefix ?? "");
  if (!key.capabilities.includes(capability) || !inBuckets || !inPrefix) throw new Refusal(401, "unauthorized", "");
}

/** The bucket with an id. */
export function bucketOf(fake: FakeB2, bucketId: string): StoredBucket {
  const bucket = fake.buckets.get(bucketId);
  if (bucket === undefined) throw new Refusal(400, "bad_bucket_id", `Bucket ${bucketId} does not exist`);
  return bucket;
}
