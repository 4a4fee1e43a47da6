import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../agents/secret.ts";
import { derivedSecret, hostRoot, releaseKey } from "../../../components/store/derive.ts";
import { Store, type StoreArgs } from "../../../components/store/Store.ts";
import { unsecret, valueOf } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";

const ROOT = Buffer.alloc(32, 7).toString("base64url");
const args = { bucketName: "roost-test", root: new Secret(ROOT), hosts: { host: { generation: 3 } } };
const store = (more: Partial<StoreArgs> = {}) => deploy(() => new Store("store", { ...args, ...more }));

describe("Store", () => {
  test("registers a bucket, a root, a state key and the reading key of the generation, all below itself", async () => {
    const { resources, registeredOutputs } = await store();
    const urn = "urn:pulumi:vultr.test::roost::pulumi:pulumi:Stack$roost:store:Store::store";
    expect(
      resources
        .filter(({ type }) => !type.startsWith("pulumi:pulumi:"))
        .map(({ type, name, options }) => [type, name, options.parent === urn]),
    ).toEqual([
      ["roost:store:Store", "store", false],
      ["backblaze:index:ApplicationKey", "store-host-release-g3", true],
      ["backblaze:index:ApplicationKey", "store-host-state", true],
      ["backblaze:index:Bucket", "store-bucket", true],
      ["pulumi:index:Stash", "store-root", true],
    ]);
    expect(registeredOutputs).toContain(urn);
  });

  test("makes the bucket private, encrypted and forgiving for 30 days", async () => {
    const { named } = await store();
    expect(named("store-bucket").inputs).toEqual({
      bucketName: "roost-test",
      bucketType: "allPrivate",
      bucketInfo: { "roost-stack": "vultr.test" },
      defaultServerSideEncryption: { mode: "SSE-B2", algorithm: "AES256" },
      lifecycleRules: [
        { fileNamePrefix: "", daysFromHidingToDeleting: 30, daysFromStartingToCancelingUnfinishedLargeFiles: 7 },
      ],
    });
  });

  test("lets the state key write below the host's state and delete nothing", async () => {
    const { named } = await store();
    expect(named("store-host-state").inputs).toEqual({
      keyName: "roost-vultr-test-store-host-state",
      capabilities: ["listAllBucketNames", "listBuckets", "listFiles", "readFiles", "writeFiles"],
      bucketIds: [expect.stringMatching(/^[0-9a-f]{24}$/)],
      namePrefix: "vultr.test/host/state/",
    });
  });

  test("lets the release key read its generation's releases and nothing else", async () => {
    const { named } = await store();
    expect(named("store-host-release-g3").inputs).toEqual({
      keyName: "roost-vultr-test-store-host-release-g3",
      capabilities: ["listAllBucketNames", "listBuckets", "listFiles", "readFiles"],
      bucketIds: [expect.stringMatching(/^[0-9a-f]{24}$/)],
      namePrefix: "vultr.test/host/releases/g3/",
    });
  });

  test("freezes every input of the release key, without a trigger that would replace it", async () => {
    const { options } = (await store()).named("store-host-release-g3");
    expect(options.ignoreChanges.toSorted()).toEqual([
      "bucketIds",
      "capabilities",
      "keyName",
      "namePrefix",
      "validDurationInSeconds",
    ]);
    expect(options.replacementTrigger).toBeUndefined();
  });

  test("keeps the root secret, frozen and protected", async () => {
    const { inputs, options } = (await store()).named("store-root");
    expect(pulumi.runtime.isRpcSecret(inputs["input"])).toBe(true);
    expect(unsecret(inputs["input"])).toBe(ROOT);
    expect(options).toMatchObject({ protect: true, retainOnDelete: false, ignoreChanges: ["input"] });
  });

  test("makes 32 random bytes where no root is given", async () => {
    const { named } = await deploy(() => new Store("store", { bucketName: "roost-test", hosts: {} }));
    const bytes = Buffer.from(String(unsecret(named("store-root").inputs["input"])), "base64url");
    expect(bytes.length).toBe(32);
  });

  test("protects bucket and root until erase names the bucket, and never retains them", async () => {
    const kept = await store();
    const erased = await store({ erase: "roost-test" });
    for (const name of ["store-bucket", "store-root"]) {
      expect(kept.named(name).options).toMatchObject({ protect: true, retainOnDelete: false });
      expect(erased.named(name).options.protect).toBe(false);
    }
  });

  test("marks the secret half of each key", async () => {
    const { named, result } = await store();
    expect(named("store-host-state").options.additionalSecretOutputs).toEqual(["applicationKey"]);
    expect(await pulumi.isSecret(result.hosts["host"]?.stateKey.applicationKey ?? pulumi.output(""))).toBe(true);
  });

  test("gives a secret recovery kit of bucket, endpoint and root", async () => {
    const { recoveryKit } = (await store()).result;
    expect(await pulumi.isSecret(recoveryKit)).toBe(true);
    expect(await valueOf(recoveryKit)).toEqual({
      bucket: "roost-test",
      endpoint: "https://s3.us-west-004.backblazeb2.com",
      root: ROOT,
    });
  });

  test("derives the host's root and keeps it secret", async () => {
    const host = (await store()).result.hosts["host"];
    expect(await pulumi.isSecret(host?.root ?? pulumi.output(""))).toBe(true);
    expect(await valueOf(host?.root ?? pulumi.output(""))).toBe(hostRoot(ROOT, "host"));
  });

  test("works while values are still unknown", async () => {
    const { named } = await deploy(() => new Store("store", args), { preview: true });
    expect(named("store-host-state").inputs["namePrefix"]).toBe("vultr.test/host/state/");
  });

  test("names every problem of its arguments at once and registers nothing", async () => {
    const wrong = { bucketName: "b2", hiddenDays: 0, root: new Secret("short"), erase: "other", hosts: {} };
    await expect(deploy(() => new Store("store", wrong))).rejects.toThrow(
      'roost:store:Store "store": bucketName must be 6 to 63 letters, digits and hyphens and not begin with "b2-", got "b2"; ' +
        "hiddenDays must be whole days, at least 1, got 0; " +
        "root must be 32 bytes in base64url (43 characters), as in a recovery kit; " +
        "erase must be the bucket's name, got another",
    );
  });
});

describe("derived keys", () => {
  test("are those of HKDF-SHA256 without salt", () => {
    // Computed with openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0707… -kdfopt info:host:host HKDF
    expect(Buffer.from(hostRoot(ROOT, "host"), "base64url").toString("hex")).toBe(
      "fe11fa4e6b1d493ce3c12df79cac6928981d7e1919fb1e3a301b0ae3f7b47e69",
    );
  });

  test("differ per host, generation and purpose", () => {
    const root = hostRoot(ROOT, "host");
    const keys = [
      root,
      hostRoot(ROOT, "other"),
      releaseKey(root, 1),
      releaseKey(root, 2),
      derivedSecret(root, "gateway-token"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("refuse a root of another length", () => {
    expect(() => hostRoot("c2hvcnQ", "host")).toThrow("a root must be 32 bytes in base64url");
  });
});
