import { expect, onTestFinished, test } from "vitest";
import { FakeB2 } from "./fake-b2.ts";
import { limitedKey } from "./harness.ts";

type Answer = { readonly status: number; readonly body: Record<string, unknown> };
type Headers = Record<string, string>;

async function json(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }; // the fake's own answers
}

async function authorized(b2: FakeB2, { keyId, key } = b2.master): Promise<Headers> {
  const basic = `Basic ${Buffer.from(`${keyId}:${key}`).toString("base64")}`;
  const { body } = await json(
    await fetch(`${b2.url}/b2api/v4/b2_authorize_account`, { headers: { Authorization: basic } }),
  );
  return { Authorization: String(body["authorizationToken"]), "Content-Type": "application/json" };
}

async function post(b2: FakeB2, operation: string, headers: Headers, fields: object): Promise<Answer> {
  return json(
    await fetch(`${b2.url}/b2api/v4/${operation}`, { method: "POST", headers, body: JSON.stringify(fields) }),
  );
}

async function start(): Promise<FakeB2> {
  const b2 = await FakeB2.start();
  onTestFinished(() => b2.stop());
  return b2;
}

const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ code }) });

test.each([
  ["a field that B2 does not know", { bucketName: "agents", bucketType: "allPrivate", colour: "blue" }],
  ["a field that is missing", { bucketName: "agents" }],
  ["a name that B2 keeps for itself", { bucketName: "b2-agents", bucketType: "allPrivate" }],
  ["another account", { bucketName: "agents", bucketType: "allPrivate", accountId: "00aabbccddee" }],
])("the fake refuses %s", async (_name, fields) => {
  const b2 = await start();
  const answer = await post(b2, "b2_create_bucket", await authorized(b2), { accountId: b2.accountId, ...fields });
  expect(answer).toEqual(refused(400, "bad_request"));
  expect(b2.buckets.size).toBe(0);
});

test("the fake refuses a key without the capability, outside its buckets, or outside its prefix", async () => {
  const b2 = await start();
  const [mine, other] = [b2.newBucket("mine"), b2.newBucket("other")];
  const { keyId } = limitedKey(b2, ["writeFiles"]);
  const key = { ...b2.newKey("limited", ["writeFiles"]), applicationKeyId: keyId, bucketIds: [mine], namePrefix: "a/" };
  b2.keys.set(keyId, key);
  const headers = await authorized(b2, { keyId, key: key.applicationKey });
  expect(await post(b2, "b2_list_file_versions", headers, { bucketId: mine })).toEqual(refused(401, "unauthorized"));
  expect(await post(b2, "b2_get_upload_url", headers, { bucketId: other })).toEqual(refused(401, "unauthorized"));
  const { body } = await post(b2, "b2_get_upload_url", headers, { bucketId: mine });
  const upload = { "X-Bz-File-Name": "b/c", "X-Bz-Content-Sha1": "x", "Content-Type": "text/plain" };
  const sent = { method: "POST", headers: { Authorization: String(body["authorizationToken"]), ...upload }, body: "x" };
  expect(await json(await fetch(String(body["uploadUrl"]), sent))).toEqual(refused(401, "unauthorized"));
});

test("the fake refuses a wrong checksum, and the same upload URL after it", async () => {
  const b2 = await start();
  const headers = await authorized(b2);
  const { body } = await post(b2, "b2_get_upload_url", headers, { bucketId: b2.newBucket("mine") });
  const upload = { "X-Bz-File-Name": "b", "X-Bz-Content-Sha1": "0".repeat(40), "Content-Type": "text/plain" };
  const sent = { method: "POST", headers: { Authorization: String(body["authorizationToken"]), ...upload }, body: "x" };
  expect(await json(await fetch(String(body["uploadUrl"]), sent))).toEqual(refused(400, "bad_request"));
  expect(await json(await fetch(String(body["uploadUrl"]), sent))).toEqual(refused(401, "bad_auth_token"));
  expect(b2.versions).toEqual([]);
});

test("the fake refuses a header that B2 does not know", async () => {
  const b2 = await start();
  const { body } = await post(b2, "b2_get_upload_url", await authorized(b2), { bucketId: b2.newBucket("mine") });
  const headers = { Authorization: String(body["authorizationToken"]), "X-Bz-Colour": "blue" };
  const sent = { method: "POST", headers, body: "x" };
  expect(await json(await fetch(String(body["uploadUrl"]), sent))).toEqual(refused(400, "bad_request"));
});

test("the fake refuses a token that has expired, and a call that B2 does not have", async () => {
  const b2 = await start();
  const headers = await authorized(b2);
  expect(await post(b2, "b2_empty_bucket", headers, {})).toEqual(refused(404, "not_found"));
  b2.expireTokens();
  expect(await post(b2, "b2_list_keys", headers, { accountId: b2.accountId })).toEqual(
    refused(401, "expired_auth_token"),
  );
});
