import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { APPLICATION_KEY_INPUTS, ApplicationKey, Bucket, BucketFile } from "../../../../providers/backblaze/sdk.ts";
import { unsecret } from "../../../../tools/record.ts";
import { deploy } from "../../deploy.ts";

const file = {
  bucketId: "b".repeat(24),
  fileName: "stack/host/current",
  content: Buffer.from("{}").toString("base64"),
  contentType: "application/json",
  sha256: "0".repeat(64),
};

describe("Bucket", () => {
  test("refuses a name and days that B2 would refuse, both at once", async () => {
    const wrong = {
      bucketName: "b2-mine",
      bucketType: "allPrivate",
      lifecycleRules: [{ fileNamePrefix: "", daysFromHidingToDeleting: 0 }],
    } as const;
    await expect(
      deploy(() => new Bucket("bucket", { ...wrong, lifecycleRules: [...wrong.lifecycleRules] })),
    ).rejects.toThrow(
      'backblaze:index:Bucket "bucket": bucketName must be 6 to 63 letters, digits and hyphens and not begin with "b2-", got "b2-mine"; ' +
        "lifecycleRules[0].daysFromHidingToDeleting must be a whole number of days above 0, got 0",
    );
  });

  test("leaves a name that is not known yet to the provider", async () => {
    const { named } = await deploy(
      () => new Bucket("bucket", { bucketName: pulumi.output("x"), bucketType: "allPrivate" }),
    );
    expect(named("bucket").inputs["bucketName"]).toBe("x");
  });
});

describe("ApplicationKey", () => {
  test("marks its secret half", async () => {
    const { result } = await deploy(() => new ApplicationKey("key", { keyName: "k", capabilities: ["listFiles"] }));
    expect(await pulumi.isSecret(result.applicationKey)).toBe(true);
    expect(await pulumi.isSecret(result.applicationKeyId)).toBe(false);
  });

  test("refuses a name, a capability, a prefix and a life that B2 would refuse", async () => {
    const wrong = { keyName: "my key", capabilities: ["listFile"], namePrefix: "a/b", validDurationInSeconds: 0 };
    await expect(deploy(() => new ApplicationKey("key", wrong))).rejects.toThrow(
      'backblaze:index:ApplicationKey "key": keyName must be 1 to 100 letters, digits and hyphens, got "my key"; ' +
        'capabilities must be names that B2 knows (such as listFiles), got "listFile"; ' +
        'namePrefix must be a folder that ends with "/", or "key-1" would open "key-10" too, got "a/b"; ' +
        "validDurationInSeconds must be whole seconds from 1 to 1000 days, got 0",
    );
  });

  test("refuses a key that may do nothing", async () => {
    await expect(deploy(() => new ApplicationKey("key", { keyName: "k", capabilities: [] }))).rejects.toThrow(
      "capabilities must name at least one capability",
    );
  });

  test("lists every input for those who freeze one", async () => {
    const args = {
      keyName: "k",
      capabilities: ["listFiles"],
      bucketIds: ["b"],
      namePrefix: "a/",
      validDurationInSeconds: 9,
    };
    const { named } = await deploy(() => new ApplicationKey("key", args));
    expect(Object.keys(named("key").inputs).toSorted()).toEqual(APPLICATION_KEY_INPUTS.toSorted());
  });
});

describe("BucketFile", () => {
  test("keeps its content secret although the caller passed it in the clear, and its digest plain", async () => {
    const { named } = await deploy(() => new BucketFile("file", file));
    expect(pulumi.runtime.isRpcSecret(named("file").inputs["content"])).toBe(true);
    expect(unsecret(named("file").inputs["content"])).toBe(file.content);
    expect(named("file").inputs["sha256"]).toBe(file.sha256);
    expect(named("file").options.additionalSecretOutputs).toEqual(["content"]);
  });

  test.each(["", "/a", "a//b", "a/", "a\\b", "a\nb", "é".repeat(513)])("refuses the file name %j", async (fileName) => {
    await expect(deploy(() => new BucketFile("file", { ...file, fileName }))).rejects.toThrow(
      "fileName must be at most 1024 bytes",
    );
  });

  test("refuses a media type that would not be a header's value", async () => {
    await expect(deploy(() => new BucketFile("file", { ...file, contentType: "text" }))).rejects.toThrow(
      'contentType must be a media type such as "application/json", got "text"',
    );
  });

  test("refuses a digest of another form without showing it", async () => {
    await expect(deploy(() => new BucketFile("file", { ...file, sha256: "hunter2" }))).rejects.toThrow(
      'backblaze:index:BucketFile "file": sha256 must be 64 hexadecimal digits of the decoded content',
    );
  });
});
