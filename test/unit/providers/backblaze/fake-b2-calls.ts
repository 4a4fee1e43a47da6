import { z } from "zod";
import { CAPABILITIES } from "../../../../providers/backblaze/checks.ts";
import type { FakeB2 } from "./fake-b2.ts";
import { authorized, bucketOf, type Call, call, Refusal, type StoredBucket, type StoredKey } from "./fake-b2-store.ts";

function bucketAnswer(fake: FakeB2, bucket: StoredBucket, key: StoredKey): object {
  const { encryption, lifecycleRules, ...rest } = bucket;
  const mayRead = key.capabilities.includes("readBucketEncryption");
  return {
    accountId: fake.accountId,
    ...rest,
    // Like B2: what a rule does not say is null.
    lifecycleRules: lifecycleRules.map((rule) => ({
      daysFromHidingToDeleting: null,
      daysFromUploadingToHiding: null,
      daysFromStartingToCancelingUnfinishedLargeFiles: null,
      ...rule,
    })),
    corsRules: [],
    revision: 1,
    defaultServerSideEncryption: {
      isClientAuthorizedToRead: mayRead,
      value: mayRead ? { algorithm: null, ...encryption } : null,
    },
  };
}

function keyAnswer({ applicationKey: _secret, ...key }: StoredKey): object {
  return { ...key, expirationTimestamp: null, options: [] };
}

const accountId = z.string();
const days = z.int().positive().optional();
const lifecycleRule = z.strictObject({
  fileNamePrefix: z.string(),
  daysFromHidingToDeleting: days,
  daysFromUploadingToHiding: days,
  daysFromStartingToCancelingUnfinishedLargeFiles: days,
});
const settings = {
  bucketType: z.enum(["allPrivate", "allPublic"]),
  bucketInfo: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,50}$/), z.string()).optional(),
  lifecycleRules: z.array(lifecycleRule).optional(),
  defaultServerSideEncryption: z
    .union([
      z.strictObject({ mode: z.literal("none") }),
      z.strictObject({ mode: z.literal("SSE-B2"), algorithm: z.literal("AES256") }),
    ])
    .optional(),
};

function apply(
  bucket: StoredBucket,
  key: StoredKey,
  fields: z.output<z.ZodObject<Omit<typeof settings, "bucketType">>> & { bucketType?: string | undefined },
): void {
  const { bucketType, bucketInfo, lifecycleRules, defaultServerSideEncryption: encryption } = fields;
  if (encryption !== undefined) authorized(key, "writeBucketEncryption", { bucketId: bucket.bucketId });
  bucket.bucketType = bucketType ?? bucket.bucketType;
  bucket.bucketInfo = bucketInfo ?? bucket.bucketInfo;
  bucket.lifecycleRules = lifecycleRules ?? bucket.lifecycleRules;
  bucket.encryption = encryption ?? bucket.encryption;
}

/** Calls about buckets and keys. */
export const ACCOUNT_CALLS: ReadonlyMap<string, Call> = new Map([
  [
    "b2_create_bucket",
    call("writeBuckets", z.strictObject({ accountId, bucketName: z.string(), ...settings }), (fake, fields, key) => {
      const { bucketName } = fields;
      if (!/^(?!b2-)[A-Za-z0-9-]{6,63}$/.test(bucketName)) throw new Refusal(400, "bad_request", "bucketName");
      const taken = [...fake.buckets.values()].some((bucket) => bucket.bucketName === bucketName);
      if (taken || fake.takenNames.has(bucketName))
        throw new Refusal(400, "duplicate_bucket_name", "Bucket name is already in use");
      const bucketId = fake.newId(24);
      const bucket = {
        bucketId,
        bucketName,
        bucketType: "",
        bucketInfo: {},
        lifecycleRules: [],
        encryption: { mode: null },
      };
      apply(bucket, key, fields);
      fake.buckets.set(bucketId, bucket);
      return bucketAnswer(fake, bucket, key);
    }),
  ],
  [
    "b2_update_bucket",
    call(
      "writeBuckets",
      z.strictObject({ accountId, bucketId: z.string(), ...settings, bucketType: settings.bucketType.optional() }),
      (fake, fields, key) => {
        const bucket = bucketOf(fake, fields.bucketId);
        apply(bucket, key, fields);
        return bucketAnswer(fake, bucket, key);
      },
    ),
  ],
  [
    "b2_list_buckets",
    call(
      "listBuckets",
      z.strictObject({ accountId, bucketId: z.string().optional(), bucketName: z.string().optional() }),
      (fake, { bucketId, bucketName }, key) => ({
        buckets: [...fake.buckets.values()]
          .filter((bucket) => bucketId === undefined || bucket.bucketId === bucketId)
          .filter((bucket) => bucketName === undefined || bucket.bucketName === bucketName)
          .map((bucket) => bucketAnswer(fake, bucket, key)),
      }),
    ),
  ],
  [
    "b2_delete_bucket",
    call("deleteBuckets", z.strictObject({ accountId, bucketId: z.string() }), (fake, { bucketId }, key) => {
      const bucket = bucketOf(fake, bucketId);
      if (fake.versions.some((version) => version.bucketId === bucketId)) {
        throw new Refusal(400, "cannot_delete_non_empty_bucket", "");
      }
      fake.buckets.delete(bucketId);
      return bucketAnswer(fake, bucket, key);
    }),
  ],
  [
    "b2_create_key",
    call(
      "writeKeys",
      z.strictObject({
        accountId,
        keyName: z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
        capabilities: z.array(z.enum(CAPABILITIES)).min(1),
        bucketIds: z.array(z.string()).min(1).optional(),
        namePrefix: z.string().optional(),
        validDurationInSeconds: z.int().min(1).max(86_399_999).optional(),
      }),
      (fake, { keyName, capabilities, bucketIds, namePrefix }) => {
        if (bucketIds !== undefined && capabilities.some((capability) => capability.endsWith("Keys"))) {
          throw new Refusal(400, "bad_request", "key management is account-level");
        }
        for (const bucketId of bucketIds ?? []) bucketOf(fake, bucketId);
        const key = {
          ...fake.newKey(keyName, capabilities),
          bucketIds: bucketIds ?? null,
          namePrefix: namePrefix ?? null,
        };
        fake.keys.set(key.applicationKeyId, key);
        return { ...keyAnswer(key), applicationKey: key.applicationKey };
      },
    ),
  ],
  [
    "b2_list_keys",
    call(
      "listKeys",
      z.strictObject({
        accountId,
        maxKeyCount: z.int().min(1).max(10_000).default(100),
        startApplicationKeyId: z.string().optional(),
      }),
      (fake, { maxKeyCount, startApplicationKeyId: start = "" }) => {
        const keys = [...fake.keys.values()]
          .filter(({ applicationKeyId: id }) => id !== fake.master.keyId && id >= start)
          .toSorted((a, b) => (a.applicationKeyId < b.applicationKeyId ? -1 : 1));
        const nextApplicationKeyId = keys[maxKeyCount]?.applicationKeyId ?? null;
        return { keys: keys.slice(0, maxKeyCount).map(keyAnswer), nextApplicationKeyId };
      },
    ),
  ],
  [
    "b2_delete_key",
    call("deleteKeys", z.strictObject({ applicationKeyId: z.string() }), (fake, { applicationKeyId }) => {
      const key = fake.keys.get(applicationKeyId);
      if (key === undefined) throw new Refusal(400, "bad_request", "application key does not exist");
      fake.keys.delete(applicationKeyId);
      return keyAnswer(key);
    }),
  ],
]);
