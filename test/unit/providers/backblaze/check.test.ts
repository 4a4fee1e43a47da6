import { createHash } from "node:crypto";
import { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { secret } from "../../../../providers/backblaze/properties.ts";
import { bench, urnOf } from "./harness.ts";

const bucket = { bucketName: "roost-agents", bucketType: "allPrivate" };
const key = { keyName: "roost-state", capabilities: ["listFiles"] };
const file = {
  bucketId: "b",
  fileName: "a/b",
  content: secret(Buffer.from("text").toString("base64")),
  contentType: "application/json",
  sha256: createHash("sha256").update("text").digest("hex"),
};

async function failuresOf(type: string, news: object) {
  const { b2, provider } = await bench();
  const { failures = [] } = await provider.check(urnOf(type, "it"), {}, news);
  expect(b2.seen).toEqual([]);
  return failures;
}

describe("check, without a call to B2,", () => {
  test.each([
    ["Bucket", bucket],
    ["ApplicationKey", key],
    ["BucketFile", file],
  ])("lets a good %s pass as it came", async (type, news) => {
    const { provider } = await bench();
    expect(await provider.check(urnOf(type, "it"), {}, news)).toEqual({ inputs: news, failures: [] });
  });

  test.each([
    ["Bucket", bucket],
    ["ApplicationKey", key],
    ["BucketFile", file],
  ])("lets pass what a %s will only know when it is made", async (type, news) => {
    const unknown = Object.fromEntries(Object.keys(news).map((name) => [name, runtime.unknownValue]));
    expect(await failuresOf(type, unknown)).toEqual([]);
  });

  test("finds everything wrong with a bucket at once", async () => {
    const news = {
      bucketName: "b2-mine",
      bucketType: "public",
      bucketInfo: { "b2-x": "y" },
      lifecycleRules: [{ fileNamePrefix: "" }],
      defaultServerSideEncryption: { mode: "SSE-C", algorithm: "AES256" },
      colour: "blue",
    };
    expect(await failuresOf("Bucket", news)).toEqual([
      {
        property: "",
        reason:
          '"colour" is not an argument: they are bucketName, bucketType, bucketInfo, lifecycleRules, defaultServerSideEncryption',
      },
      {
        property: "bucketName",
        reason: 'bucketName must be 6 to 63 letters, digits and hyphens and not begin with "b2-", got "b2-mine"',
      },
      { property: "bucketType", reason: 'bucketType must be "allPrivate" or "allPublic", got "public"' },
      {
        property: "bucketInfo",
        reason:
          'bucketInfo must have names of 1 to 50 letters, digits, - and _ that do not begin with "b2-", got "b2-x"',
      },
      { property: "lifecycleRules", reason: "lifecycleRules[0] must have a number of days, or it does nothing" },
      {
        property: "defaultServerSideEncryption",
        reason: 'defaultServerSideEncryption.mode must be "SSE-B2", got "SSE-C"',
      },
    ]);
  });

  test.each([
    [
      [{ fileNamePrefix: "", daysFromHidingToDeleting: 0 }],
      "[0].daysFromHidingToDeleting must be a whole number of days above 0, got 0",
    ],
    [
      [{ fileNamePrefix: "", daysFromUploadingToHiding: 1.5 }],
      "[0].daysFromUploadingToHiding must be a whole number of days above 0, got 1.5",
    ],
    [
      Array.from({ length: 101 }, () => ({ fileNamePrefix: "", daysFromHidingToDeleting: 1 })),
      " must be at most 100 rules, got 101",
    ],
  ])("refuses the lifecycle rules %j", async (lifecycleRules, problem) => {
    expect(await failuresOf("Bucket", { ...bucket, lifecycleRules })).toEqual([
      { property: "lifecycleRules", reason: `lifecycleRules${problem}` },
    ]);
  });

  test("refuses a lifecycle rule with a key that B2 does not know", async () => {
    const rule = { fileNamePrefix: "", daysFromHidingToDeleting: 1, daysTillDawn: 1 };
    const [failure] = await failuresOf("Bucket", { ...bucket, lifecycleRules: [rule] });
    expect(failure?.reason).toContain('lifecycleRules[0] must not have "daysTillDawn"');
  });

  test("refuses more notes than a bucket can have", async () => {
    const bucketInfo = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`n${index}`, "x"]));
    expect(await failuresOf("Bucket", { ...bucket, bucketInfo })).toEqual([
      { property: "bucketInfo", reason: "bucketInfo must have at most 10 names, got 11" },
    ]);
  });

  test("finds everything wrong with a key at once", async () => {
    const news = {
      keyName: "my key",
      capabilities: ["listFile"],
      bucketIds: "b",
      namePrefix: "a/b",
      validDurationInSeconds: 86_400_000,
    };
    expect((await failuresOf("ApplicationKey", news)).map(({ reason }) => reason)).toEqual([
      'keyName must be 1 to 100 letters, digits and hyphens, got "my key"',
      'capabilities must be names that B2 knows (such as listFiles), got "listFile"',
      "bucketIds must be a list of bucket ids, got a text",
      'namePrefix must be a folder that ends with "/", or "key-1" would open "key-10" too, got "a/b"',
      "validDurationInSeconds must be whole seconds from 1 to 1000 days, got 86400000",
    ]);
  });

  test.each([{ bucketIds: ["b"] }, { namePrefix: "a/" }])("refuses power over keys to a key with %j", async (limit) => {
    const news = { ...key, capabilities: ["listFiles", "writeKeys"], ...limit };
    expect(await failuresOf("ApplicationKey", news)).toEqual([
      {
        property: "",
        reason: "capabilities of a key with bucketIds or namePrefix must not be over keys, got writeKeys",
      },
    ]);
  });

  test("finds everything wrong with a file at once, and quotes no content", async () => {
    const news = {
      bucketId: 7,
      fileName: "/a",
      content: secret("hunter2!"),
      contentType: "text/plain\r\nX-Bz-Evil: 1",
      sha256: "x",
    };
    expect(await failuresOf("BucketFile", news)).toEqual([
      { property: "bucketId", reason: "bucketId must be a text, got a number" },
      {
        property: "fileName",
        reason:
          'fileName must be at most 1024 bytes in parts of 1 to 250 bytes without backslashes or control characters, got "/a"',
      },
      {
        property: "",
        reason: "content is secret, so it is not shown: it is not what B2 accepts, or it must not change",
      },
      {
        property: "contentType",
        reason: 'contentType must be a media type such as "application/json", got a text of 24 characters',
      },
      { property: "sha256", reason: "sha256 must be 64 hexadecimal digits of the decoded content" },
      { property: "", reason: "sha256 must be the digest of the decoded content" },
    ]);
  });

  test("refuses a part of a file's name that is longer than B2 takes", async () => {
    expect(await failuresOf("BucketFile", { ...file, fileName: `a/${"x".repeat(250)}` })).toEqual([]);
    const [failure] = await failuresOf("BucketFile", { ...file, fileName: `a/${"x".repeat(251)}` });
    expect(failure?.property).toBe("fileName");
  });

  test("refuses a checksum of another content", async () => {
    expect(await failuresOf("BucketFile", { ...file, sha256: "0".repeat(64) })).toEqual([
      { property: "", reason: "sha256 must be the digest of the decoded content" },
    ]);
  });

  test.each([
    [
      "Bucket",
      ["bucketName must be a text, got nothing", 'bucketType must be "allPrivate" or "allPublic", got nothing'],
    ],
    [
      "ApplicationKey",
      ["keyName must be a text, got nothing", "capabilities must be a list of capabilities, got nothing"],
    ],
  ])("misses what a %s cannot be without", async (type, reasons) => {
    expect(await failuresOf(type, {})).toEqual(reasons.map((reason) => ({ property: "", reason })));
  });

  test("shows no value that came as a secret, neither itself nor through the engine", async () => {
    const failures = await failuresOf("Bucket", { ...bucket, bucketName: secret("b2-hunter2") });
    expect(failures).toEqual([
      {
        property: "",
        reason: "bucketName is secret, so it is not shown: it is not what B2 accepts, or it must not change",
      },
    ]);
  });

  test("marks a content that came without the mark", async () => {
    const { provider } = await bench();
    const { inputs } = await provider.check(urnOf("BucketFile", "it"), {}, { ...file, content: "dGV4dA==" });
    expect(inputs.content).toEqual(file.content);
  });

  test("takes null for nothing", async () => {
    const { provider } = await bench();
    const checked = await provider.check(urnOf("Bucket", "it"), {}, { ...bucket, bucketInfo: null });
    expect(checked).toEqual({ inputs: bucket, failures: [] });
  });

  test("refuses a type that the provider does not have", async () => {
    const { provider } = await bench();
    await expect(provider.check(urnOf("Disk", "it"), {}, {})).rejects.toThrow(
      'backblaze has no type "backblaze:index:Disk": it has backblaze:index:Bucket, backblaze:index:ApplicationKey, backblaze:index:BucketFile',
    );
  });
});
