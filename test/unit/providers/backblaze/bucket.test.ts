import { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { CAPABILITIES } from "../../../../providers/backblaze/checks.ts";
import { secret } from "../../../../providers/backblaze/properties.ts";
import { bench, limitedKey, urnOf } from "./harness.ts";

const urn = urnOf("Bucket", "store-bucket");
const lifecycleRules = [
  { fileNamePrefix: "", daysFromHidingToDeleting: 30, daysFromStartingToCancelingUnfinishedLargeFiles: 7 },
];
const args = {
  bucketName: "roost-agents",
  bucketType: "allPrivate",
  bucketInfo: { "roost-stack": "vultr.test" },
  lifecycleRules,
  defaultServerSideEncryption: { mode: "SSE-B2", algorithm: "AES256" },
};

describe("a new bucket", () => {
  test("is made with every argument, and says its id, its account and the S3 address of its region", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    expect(b2.last("b2_create_bucket")).toEqual({ accountId: b2.accountId, ...args });
    expect(outs).toEqual({
      ...args,
      bucketId: id,
      accountId: b2.accountId,
      s3Endpoint: "https://s3.us-west-002.backblazeb2.com",
    });
    expect([...b2.buckets.keys()]).toEqual([id]);
  });

  test("keeps an argument secret that came as a secret, and B2 gets its text", async () => {
    const { b2, provider } = await bench();
    const { outs } = await provider.create(urn, { ...args, bucketInfo: secret(args.bucketInfo) });
    expect(runtime.isRpcSecret(outs.bucketInfo)).toBe(true);
    expect(b2.last("b2_create_bucket")).toMatchObject({ bucketInfo: args.bucketInfo });
  });

  test("is adopted when its answer was lost: one bucket, and no second attempt to make it", async () => {
    const { b2, provider, warnings } = await bench();
    b2.fail("b2_create_bucket", "lost");
    const { id } = await provider.create(urn, args);
    expect([...b2.buckets.keys()]).toEqual([id]);
    expect(b2.counts).toEqual({
      b2_authorize_account: 1,
      b2_create_bucket: 2,
      b2_list_buckets: 1,
    });
    expect(warnings).toEqual([]);
  });

  test("is adopted by the next run when this one was killed, and gets the settings of that run", async () => {
    const { b2, provider, restart } = await bench();
    const { id } = await provider.create(urn, args);
    const changed = { ...args, lifecycleRules: [{ fileNamePrefix: "", daysFromHidingToDeleting: 60 }] };
    const again = await restart().provider.create(urn, changed);
    expect(again.id).toBe(id);
    expect(b2.last("b2_update_bucket")).toEqual({
      accountId: b2.accountId,
      bucketId: id,
      lifecycleRules: changed.lifecycleRules,
    });
  });

  test("is not adopted from another stack", async () => {
    const { provider, restart } = await bench();
    const { id } = await provider.create(urnOf("Bucket", "store-bucket", "vultr.prod"), {
      ...args,
      bucketInfo: { "roost-stack": "vultr.prod" },
    });
    await expect(restart().provider.create(urn, args)).rejects.toThrow(
      'the bucket "roost-agents" exists in this account with roost-stack "vultr.prod" in its info, so it was not made for the stack "vultr.test" ' +
        `(duplicate_bucket_name): choose another name, or take it over with: pulumi import --generate-code=false backblaze:index:Bucket <resource name> ${id}`,
    );
  });

  test("is not adopted when nothing says whose it is", async () => {
    const { provider, restart } = await bench();
    const { bucketInfo: _info, ...unmarked } = args;
    await provider.create(urn, unmarked);
    await expect(restart().provider.create(urn, args)).rejects.toThrow("with no roost-stack in its info");
  });

  test("is not adopted while the state holds it: two resources, or a replacement, would share it", async () => {
    const { provider, restart } = await bench();
    await provider.create(urn, args);
    const next = restart().provider;
    await next.check(urn, args, args);
    await expect(next.create(urn, args)).rejects.toThrow("is in this stack's state already (duplicate_bucket_name)");
    await expect(provider.create(urn, args)).rejects.toThrow("two resources cannot share one");
  });

  test("cannot have a name that another account took", async () => {
    const { b2, provider } = await bench();
    b2.takenNames.add("roost-agents");
    await expect(provider.create(urn, args)).rejects.toThrow(
      'the bucket name "roost-agents" is taken by another Backblaze account (duplicate_bucket_name): choose another, names are unique in all of B2',
    );
  });

  test("needs a key that may make buckets", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "writeBuckets");
    const { b2, provider } = await bench((fake) => limitedKey(fake, without));
    await expect(provider.create(urn, args)).rejects.toThrow(
      "b2_create_bucket: B2 answered 401 unauthorized: the key in B2_APPLICATION_KEY_ID must have the capability writeBuckets, and must not be limited to other buckets or prefixes",
    );
    expect(b2.counts).toEqual({ b2_authorize_account: 1, b2_create_bucket: 1 });
  });
});

describe("a change of a bucket", () => {
  const olds = { ...args, bucketId: "b".repeat(24) };

  test.each([
    ["bucketType", "allPublic"],
    ["bucketInfo", { "roost-stack": "vultr.test", note: "x" }],
    ["lifecycleRules", []],
    ["defaultServerSideEncryption", undefined],
  ])("of %s is made in place", async (name, value) => {
    const { provider } = await bench();
    const diff = await provider.diff("id", urn, olds, { ...args, [name]: value });
    expect(diff).toEqual({ changes: true, replaces: [], deleteBeforeReplace: false });
  });

  test("of nothing but marks of secrets, or from nothing to empty, is none", async () => {
    const { provider } = await bench();
    const { bucketInfo: _info, ...without } = olds;
    const news = { ...args, bucketName: secret("roost-agents"), bucketInfo: {} };
    expect((await provider.diff("id", urn, without, news)).changes).toBe(false);
  });

  test("to a value that is not known yet counts as one", async () => {
    const { provider } = await bench();
    expect((await provider.diff("id", urn, olds, { ...args, bucketInfo: runtime.unknownValue })).changes).toBe(true);
  });

  test("of its name is refused with the way to move, before any call", async () => {
    const { b2, provider } = await bench();
    const { failures } = await provider.check(urn, args, { ...args, bucketName: "roost-agents-2" });
    expect(failures).toEqual([
      {
        property: "bucketName",
        reason:
          'bucketName must stay "roost-agents", got "roost-agents-2": B2 renames no bucket, and a new one would be empty. To move: drain this stack\'s host, ' +
          "copy with rclone copy b2:roost-agents/<this stack>/ b2:<new bucket>/<new stack>/, and bring up a new stack with the new bucket and this one's root (roost:store.root)",
      },
    ]);
    expect(b2.seen).toEqual([]);
  });

  test("sends what changed and nothing else", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    const news = { ...args, bucketType: "allPublic" };
    const updated = await provider.update(id, urn, outs, news);
    expect(b2.last("b2_update_bucket")).toEqual({
      accountId: b2.accountId,
      bucketId: id,
      bucketType: "allPublic",
    });
    expect(updated.outs).toEqual({ ...outs, bucketType: "allPublic" });
  });

  test("takes away what is no longer wanted", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    const bare = { bucketName: args.bucketName, bucketType: args.bucketType };
    const updated = await provider.update(id, urn, outs, bare);
    expect(b2.buckets.get(id)).toMatchObject({ bucketInfo: {}, lifecycleRules: [], encryption: { mode: "none" } });
    expect(Object.keys(updated.outs).toSorted()).toEqual([
      "accountId",
      "bucketId",
      "bucketName",
      "bucketType",
      "s3Endpoint",
    ]);
  });

  test("of a bucket that is gone says what to run", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.buckets.clear();
    await expect(provider.update(id, urn, outs, { ...args, bucketType: "allPublic" })).rejects.toThrow(
      "400 bad_bucket_id (Bucket … does not exist): the bucket is not there: run pulumi refresh, then pulumi up",
    );
  });
});

describe("reading a bucket", () => {
  test("finds no difference after a creation", async () => {
    const { provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    const found = await provider.read(id, urn, outs);
    expect(found).toEqual({ id, inputs: args, props: outs });
    expect((await provider.diff(id, urn, found.props, args)).changes).toBe(false);
  });

  test("finds what somebody changed, and keeps secret what was secret", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, { ...args, bucketInfo: secret(args.bucketInfo) });
    const bucket = b2.buckets.get(id);
    if (bucket !== undefined) bucket.bucketInfo = {};
    if (bucket !== undefined) bucket.lifecycleRules = [{ fileNamePrefix: "", daysFromHidingToDeleting: 1 }];
    const found = await provider.read(id, urn, outs);
    expect(found.props.lifecycleRules).toEqual([{ fileNamePrefix: "", daysFromHidingToDeleting: 1 }]);
    expect(found.props.bucketInfo).toBeUndefined();
    if (bucket !== undefined) bucket.bucketInfo = { "roost-stack": "other" };
    expect((await provider.read(id, urn, outs)).props.bucketInfo).toEqual(secret({ "roost-stack": "other" }));
  });

  test("leaves alone what the key may not read", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.keys.set(b2.master.keyId, { ...b2.newKey("master", ["listBuckets"]), applicationKey: b2.master.key });
    b2.expireTokens();
    const found = await provider.read(id, urn, outs);
    expect(found.props).toEqual(outs);
  });

  test("imports one by its id, with all that a program has to say", async () => {
    const { provider, restart } = await bench();
    const { id, outs } = await provider.create(urn, args);
    expect(await restart().provider.read(id, urn, {})).toEqual({ id, inputs: args, props: outs });
  });

  test("refuses to import what is not there, and says where ids come from", async () => {
    const { provider } = await bench();
    await expect(provider.read("f".repeat(24), urn, {})).rejects.toThrow(
      `this account has no bucket with the id ${"f".repeat(24)}: b2 bucket get <name> tells it`,
    );
  });

  test("says of one that is gone that it is gone", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.buckets.clear();
    expect(await provider.read(id, urn, outs)).toEqual({ id: "", props: {} });
  });

  test("does not take a bucket for gone because the key is of another account", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    await expect(provider.read(id, urn, { ...outs, accountId: "00aabbccddee" })).rejects.toThrow(
      `this was made in the Backblaze account 00aabbccddee, and B2_APPLICATION_KEY_ID is a key of ${b2.accountId}: use a key of the first`,
    );
    expect(b2.counts["b2_list_buckets"]).toBeUndefined();
  });
});

describe("the end of a bucket", () => {
  test("comes when it is empty", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    await provider.delete(id, urn, outs);
    expect(b2.buckets.size).toBe(0);
  });

  test("is refused while it holds a file, with what to do", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.putVersion(id, "vultr.test/host/state/snapshot", "x");
    await expect(provider.delete(id, urn, outs)).rejects.toThrow(
      'the bucket "roost-agents" still holds files, so it was not deleted (cannot_delete_non_empty_bucket). What it holds: b2 ls --recursive --versions b2://roost-agents. ' +
        "To end it for good, backups included: b2 rm --recursive --versions b2://roost-agents, then run pulumi destroy again",
    );
    expect(b2.buckets.size).toBe(1);
    expect(b2.versions).toHaveLength(1);
  });

  test("has come already when B2 does not know it, as after a lost answer", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.fail("b2_delete_bucket", "lost");
    await provider.delete(id, urn, outs);
    expect(b2.counts["b2_delete_bucket"]).toBe(2);
  });

  test("does not come for one that this run adopted: up --replace ends the old entry of the state only", async () => {
    const { b2, provider, restart } = await bench();
    const { id, outs } = await provider.create(urn, args);
    const next = restart().provider;
    expect((await next.create(urn, args)).id).toBe(id);
    await next.delete(id, urn, outs);
    expect([...b2.buckets.keys()]).toEqual([id]);
  });

  test("is not reported when the key may not delete buckets", async () => {
    const { b2, provider } = await bench();
    const { id, outs } = await provider.create(urn, args);
    b2.fail("b2_delete_bucket", { status: 401, code: "unauthorized" });
    await expect(provider.delete(id, urn, outs)).rejects.toThrow("must have the capability deleteBuckets");
  });
});
