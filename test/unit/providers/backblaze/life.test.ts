import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { NEEDED_CAPABILITIES } from "../../../../providers/backblaze/operations.ts";
import { bench, limitedKey, urnOf } from "./harness.ts";

const bucketArgs = {
  bucketName: "roost-agents",
  bucketType: "allPrivate",
  bucketInfo: { "roost-stack": "vultr.test" },
  defaultServerSideEncryption: { mode: "SSE-B2", algorithm: "AES256" },
};

const fileArgs = (bucketId: unknown, text: string) => ({
  bucketId,
  fileName: "a/current",
  content: Buffer.from(text).toString("base64"),
  contentType: "application/json",
  sha256: createHash("sha256").update(text).digest("hex"),
});

async function wholeLife(capabilities: readonly string[]): Promise<string[]> {
  const { b2, provider, warnings } = await bench((fake) => limitedKey(fake, capabilities));
  const urns = { bucket: urnOf("Bucket", "b"), key: urnOf("ApplicationKey", "k"), file: urnOf("BucketFile", "f") };
  const bucket = await provider.create(urns.bucket, bucketArgs);
  const key = await provider.create(urns.key, { keyName: "k", capabilities: ["listFiles"], bucketIds: [bucket.id] });
  const file = await provider.create(urns.file, fileArgs(bucket.id, "old"));
  expect((await provider.read(bucket.id, urns.bucket, bucket.outs)).props).toEqual(bucket.outs);
  expect((await provider.read(key.id, urns.key, key.outs)).props).toEqual(key.outs);
  expect((await provider.read(file.id, urns.file, file.outs)).props).toEqual(file.outs);
  const bare = { bucketName: bucketArgs.bucketName, bucketType: bucketArgs.bucketType };
  const { outs } = await provider.update(bucket.id, urns.bucket, bucket.outs, bare);
  const updated = await provider.update(file.id, urns.file, file.outs, fileArgs(bucket.id, "new"));
  await provider.delete(file.id, urns.file, updated.outs);
  await provider.delete(key.id, urns.key, key.outs);
  await provider.delete(bucket.id, urns.bucket, outs);
  expect([b2.buckets.size, b2.versions.length, b2.keys.size]).toEqual([0, 0, 2]);
  return warnings.map(({ message }) => message);
}

test("a key with the capabilities that the provider names is enough for a whole life, without a warning", async () => {
  expect(await wholeLife(NEEDED_CAPABILITIES)).toEqual([]);
});

// Without readBucketEncryption a refresh only overlooks what somebody did to the encryption.
const strictlyNeeded = NEEDED_CAPABILITIES.filter((capability) => capability !== "readBucketEncryption");

test.each(strictlyNeeded)("a key without %s is not enough, and an error or a warning says so", async (name) => {
  const told = await wholeLife(NEEDED_CAPABILITIES.filter((capability) => capability !== name)).catch(String);
  expect(String(told)).toMatch(/401 unauthorized: the key in B2_APPLICATION_KEY_ID must have the capability/);
});
