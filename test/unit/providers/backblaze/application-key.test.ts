import { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { CAPABILITIES } from "../../../../providers/backblaze/checks.ts";
import { secret } from "../../../../providers/backblaze/properties.ts";
import { type Bench, bench, limitedKey, urnOf } from "./harness.ts";

const urn = urnOf("ApplicationKey", "store-host-state");

const argsOf = ({ b2 }: Bench) => ({
  keyName: "roost-state",
  capabilities: ["listFiles", "readFiles"],
  bucketIds: [b2.newBucket("roost-agents")],
  namePrefix: "vultr.test/host/state/",
});

/** Ids of the keys of the fake, without the master's. */
const idsOf = ({ b2 }: Bench): string[] => [...b2.keys.keys()].filter((id) => id !== b2.master.keyId);

describe("a new key", () => {
  test("is made with every argument, and its secret leaves the provider marked as one", async () => {
    const at = await bench();
    const args = { ...argsOf(at), validDurationInSeconds: 3600 };
    const { id, outs } = await at.provider.create(urn, args);
    expect(at.b2.last("b2_create_key")).toEqual({ accountId: at.b2.accountId, ...args });
    const made = at.b2.keys.get(id);
    expect(outs).toEqual({
      ...args,
      applicationKeyId: id,
      accountId: at.b2.accountId,
      applicationKey: secret(made?.applicationKey),
    });
    expect(runtime.isRpcSecret(outs.applicationKey)).toBe(true);
    expect(at.warnings).toEqual([]);
  });

  test("is made again when its answer was lost, and the user hears of the lost one and how to remove it", async () => {
    const at = await bench();
    at.b2.fail("b2_create_key", "lost");
    const { id } = await at.provider.create(urn, argsOf(at));
    const [lost, ...others] = idsOf(at).filter((made) => made !== id);
    expect(others).toEqual([]);
    expect(at.warnings).toEqual([
      {
        urn,
        message:
          `B2 has more keys named "roost-state" that this run did not meet in the stack's state: ${lost}. ` +
          `Unless pulumi stack export or another stack lists one, its secret is lost; remove it with: b2 key delete ${lost}`,
      },
    ]);
  });

  test("names every lost one of its name, on whichever page B2 lists it, and none of another name", async () => {
    const at = await bench();
    const args = argsOf(at);
    const lost = [at.b2.addKey("roost-state"), at.b2.addKey("roost-state")];
    for (let made = 0; made < 1000; made++) at.b2.addKey(`other-${made}`);
    lost.push(at.b2.addKey("roost-state"));
    await at.provider.create(urn, args);
    const named = at.warnings[0]?.message.split("remove it with: ")[1];
    expect(named).toBe(lost.map((id) => `b2 key delete ${id}`).join("; "));
    expect(at.b2.counts["b2_list_keys"]).toBe(2);
  });

  test("deletes none of those it does not know", async () => {
    const at = await bench();
    const stranger = at.b2.addKey("roost-state");
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    await at.provider.delete(id, urn, outs);
    expect(idsOf(at)).toEqual([stranger]);
  });

  test("does not call the key that it replaces a stranger", async () => {
    const at = await bench();
    const args = argsOf(at);
    const { id, outs } = await at.provider.create(urn, args);
    const next = at.restart();
    const news = { ...args, capabilities: ["listFiles"] };
    await next.provider.diff(id, urn, outs, news);
    const replacement = await next.provider.create(urn, news);
    expect(next.warnings).toEqual([]);
    expect(idsOf(at)).toEqual([id, replacement.id]);
    await next.provider.delete(id, urn, outs);
    expect(idsOf(at)).toEqual([replacement.id]);
  });

  test("is kept when the look for lost ones fails: only the look is a warning", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "listKeys");
    const at = await bench((b2) => limitedKey(b2, without));
    const { outs } = await at.provider.create(urn, argsOf(at));
    expect(runtime.isRpcSecret(outs.applicationKey)).toBe(true);
    expect(at.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^keys that nobody knows were not looked for: b2_list_keys: .* capability listKeys/),
    ]);
  });

  test("needs a key that may make keys", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "writeKeys");
    const at = await bench((b2) => limitedKey(b2, without));
    await expect(at.provider.create(urn, argsOf(at))).rejects.toThrow(
      "b2_create_key: B2 answered 401 unauthorized: the key in B2_APPLICATION_KEY_ID must have the capability writeKeys, and must not be limited to other buckets or prefixes",
    );
  });
});

describe("a change of a key", () => {
  const args = {
    keyName: "roost-state",
    capabilities: ["listFiles", "readFiles"],
    bucketIds: ["b1", "b2"],
    namePrefix: "a/",
    validDurationInSeconds: 60,
  };

  test.each([
    ["keyName", "other"],
    ["capabilities", ["listFiles"]],
    ["bucketIds", ["b1"]],
    ["namePrefix", undefined],
    ["validDurationInSeconds", 61],
  ])("of %s makes another, before the old one goes", async (name, value) => {
    const { provider } = await bench();
    expect(await provider.diff("id", urn, args, { ...args, [name]: value })).toEqual({
      changes: true,
      replaces: [name],
      deleteBeforeReplace: false,
    });
  });

  test("of nothing but the order of its lists is none", async () => {
    const { provider } = await bench();
    const news = { ...args, capabilities: ["readFiles", "listFiles"], bucketIds: secret(["b2", "b1"]) };
    expect((await provider.diff("id", urn, args, news)).changes).toBe(false);
  });

  test("in place is impossible", async () => {
    const { provider } = await bench();
    await expect(provider.update("id", urn, args, args)).rejects.toThrow("cannot be changed in place");
  });
});

describe("reading a key", () => {
  test("keeps its secret, which B2 does not tell again", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    expect(await at.restart().provider.read(id, urn, outs)).toEqual({ id, props: outs });
  });

  test("marks the secret again when the mark was lost", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    const found = await at.provider.read(id, urn, { ...outs, applicationKey: "K002plain" });
    expect(found.props.applicationKey).toEqual(secret("K002plain"));
  });

  test("says of one that is gone that it is gone, although B2 lists the next one", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    at.b2.addKey("later");
    at.b2.keys.delete(id);
    expect(await at.provider.read(id, urn, outs)).toEqual({ id: "", props: {} });
  });

  test("refuses to import one, and says why and what to do", async () => {
    const at = await bench();
    const id = at.b2.addKey("roost-state");
    await expect(at.provider.read(id, urn, {})).rejects.toThrow(
      `the application key ${id} cannot be imported: B2 tells a key's secret once, at creation. Let Pulumi make a new one, then remove this one with: b2 key delete ${id}`,
    );
  });
});

describe("the end of a key", () => {
  test("has come already when B2 does not know it, as after a lost answer", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    at.b2.fail("b2_delete_key", "lost");
    await at.provider.delete(id, urn, outs);
    expect(at.b2.counts["b2_delete_key"]).toBe(2);
    expect(idsOf(at)).toEqual([]);
  });

  test("has not come when B2 refuses for another reason", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    at.b2.fail("b2_delete_key", { status: 400, code: "bad_request" });
    await expect(at.provider.delete(id, urn, outs)).rejects.toThrow("b2_delete_key: B2 answered 400 bad_request");
  });

  test("is not taken for granted with a key of another account", async () => {
    const at = await bench();
    const { id, outs } = await at.provider.create(urn, argsOf(at));
    await expect(at.provider.delete(id, urn, { ...outs, accountId: "00aabbccddee" })).rejects.toThrow(
      "this was made in the Backblaze account 00aabbccddee",
    );
    expect(idsOf(at)).toEqual([id]);
  });
});
