import { createHash } from "node:crypto";
import { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { CAPABILITIES } from "../../../../providers/backblaze/checks.ts";
import { secret } from "../../../../providers/backblaze/properties.ts";
import { type Bench, bench, limitedKey, urnOf } from "./harness.ts";

const urn = urnOf("BucketFile", "release-pointer-g1");
const fileName = "vultr.test/host/releases/g1/current";

const argsOf = (bucketId: string, text: string) => ({
  bucketId,
  fileName,
  content: secret(Buffer.from(text).toString("base64")),
  contentType: "application/json",
  sha256: createHash("sha256").update(text).digest("hex"),
});

/** Every version as its text, oldest first. */
const textsOf = ({ b2 }: Bench): string[] => b2.versions.map((version) => version.bytes.toString());

async function withBucket(limit?: Parameters<typeof bench>[0]): Promise<Bench & { readonly bucketId: string }> {
  const at = await bench(limit);
  return { ...at, bucketId: at.b2.newBucket("roost-agents") };
}

describe("a new file", () => {
  test("is uploaded as it is, with its type and checksum, and read back", async () => {
    const at = await withBucket();
    const args = argsOf(at.bucketId, '{"id":"é"}');
    const { id, outs } = await at.provider.create(urn, args);
    const [version] = at.b2.versions;
    expect(version).toMatchObject({ fileName, contentType: "application/json", bytes: Buffer.from('{"id":"é"}') });
    expect(id).toBe(`${at.bucketId}/${fileName}`);
    expect(at.b2.counts).toEqual({
      b2_authorize_account: 1,
      b2_get_upload_url: 1,
      b2_upload_file: 1,
      b2_download_file_by_id: 1,
      b2_list_file_versions: 1,
    });
    const { content: _content, ...shown } = args;
    expect(outs).toEqual({ ...shown, fileId: version?.fileId, accountId: at.b2.accountId });
    expect(at.warnings).toEqual([]);
  });

  test("has a name that survives the way, whatever is in it", async () => {
    const at = await withBucket();
    const name = "vultr.test/ünïcode & 100%/a+b?c#d 'e'";
    await at.provider.create(urn, { ...argsOf(at.bucketId, "x"), fileName: name });
    expect(at.b2.versions.map((version) => version.fileName)).toEqual([name]);
  });

  test("is there once when the answer of its upload was lost", async () => {
    const at = await withBucket();
    at.b2.fail("b2_upload_file", "lost");
    const { outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(at.b2.versions.map((version) => version.fileId)).toEqual([outs.fileId]);
    expect(at.b2.counts).toMatchObject({ b2_upload_file: 1, b2_get_upload_url: 1 });
  });

  test("is not somebody's with the same content, when its own upload did not arrive", async () => {
    const at = await withBucket();
    const stranger = at.b2.putVersion(at.bucketId, fileName, "text");
    at.b2.fail("b2_upload_file", "cut");
    const { outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(at.b2.versions.map((version) => version.fileId)).toEqual([stranger, outs.fileId]);
  });

  test("may cover a marker that hides what was there", async () => {
    const at = await withBucket();
    at.b2.putVersion(at.bucketId, fileName, "", "hide");
    await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(at.warnings).toEqual([]);
  });

  test.each([
    ["a busy pod", { status: 503, code: "service_unavailable" }],
    ["a slow request", { status: 408, code: "request_timeout" }],
    ["a token that ended early", { status: 401, code: "expired_auth_token" }],
    ["a cut connection", "cut"],
  ] as const)("gets a new upload URL after %s", async (_name, fault) => {
    const at = await withBucket();
    at.b2.fail("b2_upload_file", fault);
    await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(textsOf(at)).toEqual(["text"]);
    expect(at.b2.counts).toMatchObject({ b2_get_upload_url: 2, b2_upload_file: 2, b2_authorize_account: 1 });
    const tokens = at.b2.seen.filter(({ operation }) => operation === "b2_upload_file").map((seen) => seen.headers);
    expect(tokens[0]?.authorization).not.toBe(tokens[1]?.authorization);
  });

  test("is sent again when its bytes changed on their way", async () => {
    const at = await withBucket();
    at.b2.garbledUploads = 1;
    await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(textsOf(at)).toEqual(["text"]);
    expect(at.b2.counts["b2_upload_file"]).toBe(2);
  });

  test("is a failure when B2 counted another checksum than was sent", async () => {
    const at = await withBucket();
    const answer = { fileId: "4_z1", fileName, action: "upload", contentSha1: "0".repeat(40), fileInfo: {} };
    at.b2.fail("b2_upload_file", { body: JSON.stringify(answer) });
    await expect(at.provider.create(urn, argsOf(at.bucketId, "text"))).rejects.toThrow(
      `the file "${fileName}" does not read back as it was uploaded: run pulumi up again, and remove the bad version with: b2 rm b2id://4_z1`,
    );
  });

  test("is a failure when it reads back otherwise", async () => {
    const at = await withBucket();
    at.b2.fail("b2_download_file_by_id", { body: "other" });
    await expect(at.provider.create(urn, argsOf(at.bucketId, "text"))).rejects.toThrow("does not read back");
  });

  test("covers an older version that the state does not know, which stays, and the user hears of it", async () => {
    const at = await withBucket();
    const stranger = at.b2.putVersion(at.bucketId, fileName, "lost");
    at.b2.putVersion(at.bucketId, `${fileName}-too`, "neighbour");
    await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(textsOf(at)).toEqual(["lost", "neighbour", "text"]);
    expect(at.warnings).toEqual([
      {
        urn,
        message: `B2 has more versions of "${fileName}" that this run did not meet in the stack's state. Unless pulumi stack export lists one, remove it with: b2 rm b2id://${stranger}`,
      },
    ]);
  });

  test("does not call the version of another resource, which it met, a stranger", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    const next = at.restart();
    await next.provider.diff(id, urn, outs, argsOf(at.bucketId, "text"));
    await next.provider.create(urnOf("BucketFile", "renamed"), argsOf(at.bucketId, "text"));
    expect(next.warnings).toEqual([]);
  });

  test("is there although the look for strangers fails: only the look is a warning", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "listFiles");
    const at = await withBucket((b2) => limitedKey(b2, without));
    await at.provider.create(urn, argsOf(at.bucketId, "text"));
    expect(textsOf(at)).toEqual(["text"]);
    expect(at.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^versions that nobody knows were not looked for: b2_list_file_versions: .* capability listFiles/,
      ),
    ]);
  });

  test("needs a key that may write files", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "writeFiles");
    const at = await withBucket((b2) => limitedKey(b2, without));
    await expect(at.provider.create(urn, argsOf(at.bucketId, "text"))).rejects.toThrow(
      "b2_get_upload_url: B2 answered 401 unauthorized: the key in B2_APPLICATION_KEY_ID must have the capability writeFiles",
    );
  });

  test("says which cap to raise when the account's storage is full", async () => {
    const at = await withBucket();
    at.b2.fail("b2_upload_file", { status: 403, code: "storage_cap_exceeded" });
    await expect(at.provider.create(urn, argsOf(at.bucketId, "text"))).rejects.toThrow(
      "b2_upload_file: B2 answered 403 storage_cap_exceeded (injected): the account's cap is reached: raise it in Backblaze's console under Caps & Alerts",
    );
    expect(at.pauses).toEqual([]);
  });
});

describe("a change of a file", () => {
  const olds = { ...argsOf("b", "text"), fileId: "4_z1" };

  test.each([
    ["fileName", "other"],
    ["bucketId", "c"],
  ])("of %s makes another, before the old one goes", async (name, value) => {
    const { provider } = await bench();
    expect(await provider.diff("id", urn, olds, { ...argsOf("b", "text"), [name]: value })).toEqual({
      changes: true,
      replaces: [name],
      deleteBeforeReplace: false,
    });
  });

  test("of content or type is an overwrite", async () => {
    const { provider } = await bench();
    const overwrite = { changes: true, replaces: [], deleteBeforeReplace: false };
    expect(await provider.diff("id", urn, olds, argsOf("b", "new"))).toEqual(overwrite);
    expect(await provider.diff("id", urn, olds, { ...argsOf("b", "text"), contentType: "a/b" })).toEqual(overwrite);
  });

  test("of nothing is none, although the state has no copy of the content", async () => {
    const { provider } = await bench();
    const { content: _content, ...kept } = olds;
    expect((await provider.diff("id", urn, kept, argsOf("b", "text"))).changes).toBe(false);
  });

  test("uploads the new version before the old one is removed", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "old"));
    at.b2.seen.length = 0;
    const updated = await at.provider.update(id, urn, outs, argsOf(at.bucketId, "new"));
    expect(at.b2.seen.map(({ operation }) => operation)).toEqual([
      "b2_get_upload_url",
      "b2_upload_file",
      "b2_download_file_by_id",
      "b2_delete_file_version",
      "b2_list_file_versions",
    ]);
    expect(textsOf(at)).toEqual(["new"]);
    expect(updated.outs.fileId).toBe(at.b2.versions[0]?.fileId);
    expect(updated.outs).not.toHaveProperty("content");
    expect(at.warnings).toEqual([]);
  });

  test("removes no version but the one in the state", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "old"));
    at.b2.putVersion(at.bucketId, fileName, "somebody's");
    await at.provider.update(id, urn, outs, argsOf(at.bucketId, "new"));
    expect(textsOf(at)).toEqual(["somebody's", "new"]);
  });

  test("leaves the old version alone when the new one does not arrive", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "old"));
    at.b2.fail("b2_upload_file", { status: 403, code: "cap_exceeded" });
    await expect(at.provider.update(id, urn, outs, argsOf(at.bucketId, "new"))).rejects.toThrow("cap is reached");
    expect(textsOf(at)).toEqual(["old"]);
  });

  test("holds when the old version cannot be removed: the user hears why, and how to", async () => {
    const without = CAPABILITIES.filter((capability) => capability !== "deleteFiles");
    const at = await withBucket((b2) => limitedKey(b2, without));
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "old"));
    await at.provider.update(id, urn, outs, argsOf(at.bucketId, "new"));
    expect(textsOf(at)).toEqual(["old", "new"]);
    expect(at.warnings.map(({ message }) => message)).toEqual([
      `the version before is still there (b2 rm b2id://${outs.fileId}): b2_delete_file_version: B2 answered 401 unauthorized: ` +
        "the key in B2_APPLICATION_KEY_ID must have the capability deleteFiles, and must not be limited to other buckets or prefixes",
    ]);
  });
});

describe("reading a file", () => {
  test("finds no difference after a creation, and shows no content", async () => {
    const at = await withBucket();
    const args = argsOf(at.bucketId, "text");
    const { id, outs } = await at.provider.create(urn, args);
    const found = await at.provider.read(id, urn, outs);
    expect(found).toEqual({ id, props: outs });
    expect((await at.provider.diff(id, urn, found.props, args)).changes).toBe(false);
  });

  test("finds one that somebody covered different, so that the next up puts it on top again", async () => {
    const at = await withBucket();
    const args = argsOf(at.bucketId, "text");
    const { id, outs } = await at.provider.create(urn, args);
    const stranger = at.b2.putVersion(at.bucketId, fileName, "somebody's");
    const found = await at.provider.read(id, urn, outs);
    expect(found.props).toEqual({ ...outs, sha256: `covered by upload ${stranger}` });
    expect(await at.provider.diff(id, urn, found.props, args)).toMatchObject({ changes: true, replaces: [] });
    await at.provider.update(id, urn, found.props, args);
    expect(textsOf(at)).toEqual(["somebody's", "text"]);
  });

  test("finds a hidden one different too", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    const marker = at.b2.putVersion(at.bucketId, fileName, "", "hide");
    expect((await at.provider.read(id, urn, outs)).props.sha256).toBe(`covered by hide ${marker}`);
  });

  test("says of one that is gone that it is gone, with its bucket too", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    at.b2.versions.length = 0;
    expect(await at.provider.read(id, urn, outs)).toEqual({ id: "", props: {} });
    at.b2.buckets.clear();
    expect(await at.provider.read(id, urn, outs)).toEqual({ id: "", props: {} });
  });

  test("refuses to import one, and says why", async () => {
    const { provider } = await bench();
    await expect(provider.read("b/a", urn, {})).rejects.toThrow(
      "the file b/a cannot be imported: its content is made by the program. Let Pulumi upload it anew",
    );
  });
});

describe("the end of a file", () => {
  test("is the end of that version for good, also after a lost answer", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    at.b2.fail("b2_delete_file_version", "lost");
    await at.provider.delete(id, urn, outs);
    expect(at.b2.versions).toEqual([]);
    expect(at.b2.counts["b2_delete_file_version"]).toBe(2);
    expect(at.warnings).toEqual([]);
  });

  test("names an older version that came up again, and leaves it", async () => {
    const at = await withBucket();
    const stranger = at.b2.putVersion(at.bucketId, fileName, "older");
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    at.warnings.length = 0;
    await at.provider.delete(id, urn, outs);
    expect(textsOf(at)).toEqual(["older"]);
    expect(at.warnings.map(({ message }) => message)).toEqual([expect.stringContaining(`b2 rm b2id://${stranger}`)]);
  });

  test("has not come when the key may not delete files", async () => {
    const at = await withBucket();
    const { id, outs } = await at.provider.create(urn, argsOf(at.bucketId, "text"));
    at.b2.fail("b2_delete_file_version", { status: 401, code: "unauthorized" });
    await expect(at.provider.delete(id, urn, outs)).rejects.toThrow("must have the capability deleteFiles");
    expect(textsOf(at)).toEqual(["text"]);
  });

  test("keeps a secret argument secret", async () => {
    const at = await withBucket();
    const { outs } = await at.provider.create(urn, { ...argsOf(at.bucketId, "text"), contentType: secret("a/b") });
    expect(runtime.isRpcSecret(outs.contentType)).toBe(true);
    expect(at.b2.versions[0]?.contentType).toBe("a/b");
  });
});
