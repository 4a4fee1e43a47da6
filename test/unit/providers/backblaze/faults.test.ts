import { describe, expect, test } from "vitest";
import { ATTEMPTS } from "../../../../providers/backblaze/retry.ts";
import type { Fault } from "./fake-b2.ts";
import { type Bench, bench, urnOf } from "./harness.ts";

const urn = urnOf("Bucket", "bucket");
const args = { bucketName: "roost-agents", bucketType: "allPrivate", bucketInfo: { "roost-stack": "vultr.test" } };
const create = ({ provider }: Bench) => provider.create(urn, args);

const busy: Fault = { status: 503, code: "service_unavailable" };

describe("authorisation", () => {
  test("is asked for once, also by resources that start together", async () => {
    const at = await bench();
    const names = ["roost-agents-a", "roost-agents-b", "roost-agents-c"];
    await Promise.all(names.map((bucketName) => at.provider.create(urn, { ...args, bucketName })));
    expect(at.b2.counts).toEqual({ b2_authorize_account: 1, b2_create_bucket: 3 });
  });

  test("sends id and key as B2 wants them, and the token with every call after", async () => {
    const at = await bench();
    await create(at);
    const [first, second] = at.b2.seen;
    const { keyId, key } = at.b2.master;
    expect(first?.headers.authorization).toBe(`Basic ${Buffer.from(`${keyId}:${key}`).toString("base64")}`);
    expect(second?.headers.authorization).toMatch(/^4_0022623512fc_acct_/);
    expect(second?.headers["user-agent"]).toBe("roost-pulumi-backblaze");
  });

  test("is asked for again, once, when the token has expired", async () => {
    const at = await bench();
    const { id, outs } = await create(at);
    at.b2.expireTokens();
    at.b2.seen.length = 0;
    await Promise.all([at.provider.read(id, urn, outs), at.provider.read(id, urn, outs)]);
    expect(at.b2.counts["b2_authorize_account"]).toBe(1);
    expect(at.pauses).toEqual([]);
  });

  test("is not asked for a third time when the new token is refused too", async () => {
    const at = await bench();
    const { id, outs } = await create(at);
    const stale: Fault = { status: 401, code: "bad_auth_token" };
    at.b2.fail("b2_list_buckets", stale, stale);
    await expect(at.provider.read(id, urn, outs)).rejects.toThrow("b2_list_buckets: B2 answered 401 bad_auth_token");
    expect(at.b2.counts["b2_authorize_account"]).toBe(2);
  });

  test("that is refused says which variables to look at, and shows neither", async () => {
    const at = await bench((b2) => ({ keyId: b2.master.keyId, key: "wrong-key" }));
    const failure = create(at);
    await expect(failure).rejects.toThrow(
      "b2_authorize_account: B2 answered 401 unauthorized: B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be the two halves of one key that still exists",
    );
    await expect(failure).rejects.not.toThrow("wrong-key");
  });

  test("that failed is tried anew by the next resource", async () => {
    const at = await bench();
    at.b2.fail("b2_authorize_account", { status: 401, code: "unauthorized" });
    await expect(create(at)).rejects.toThrow("401 unauthorized");
    await create(at);
    expect(at.b2.buckets.size).toBe(1);
  });

  test("with a key that no header can carry is refused without showing it", async () => {
    const at = await bench((b2) => ({ keyId: b2.master.keyId, key: "sécret\n" }));
    await expect(create(at)).rejects.toThrow(
      "B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be printable ASCII without spaces",
    );
    expect(at.b2.seen).toEqual([]);
  });

  test("does not follow an address that is not private", async () => {
    const at = await bench();
    const answer = (url: string) => ({
      accountId: "a",
      authorizationToken: "t",
      apiInfo: { storageApi: { apiUrl: url, downloadUrl: url, s3ApiUrl: url } },
    });
    at.b2.fail("b2_authorize_account", { body: JSON.stringify(answer("http://b2.example.com")) });
    await expect(create(at)).rejects.toThrow(
      "b2_authorize_account: the answer is not what B2 documents (apiInfo.storageApi.apiUrl, apiInfo.storageApi.downloadUrl)",
    );
  });
});

describe("another attempt", () => {
  test.each<[string, Fault]>([
    ["408", { status: 408, code: "request_timeout" }],
    ["429", { status: 429, code: "too_many_requests" }],
    ["500", { status: 500, code: "internal_error" }],
    ["503", busy],
    ["a connection that was cut", "cut"],
    ["a connection that was cut after the work was done", "lost"],
  ])("follows %s, after a pause", async (_name, fault) => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", fault);
    await create(at);
    expect(at.b2.buckets.size).toBe(1);
    expect(at.pauses).toEqual([500]);
  });

  test("follows an authorisation that met an outage", async () => {
    const at = await bench();
    at.b2.fail("b2_authorize_account", busy, "cut");
    await create(at);
    expect(at.b2.counts).toEqual({ b2_authorize_account: 3, b2_create_bucket: 1 });
  });

  test.each<[string, Fault]>([
    ["400", { status: 400, code: "bad_request" }],
    ["403", { status: 403, code: "transaction_cap_exceeded" }],
    ["401 for want of a capability", { status: 401, code: "unauthorized" }],
  ])("does not follow %s", async (_name, fault) => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", fault);
    await expect(create(at)).rejects.toThrow("b2_create_bucket: B2 answered");
    expect(at.b2.counts).toEqual({ b2_authorize_account: 1, b2_create_bucket: 1 });
  });

  test("waits twice as long each time, and the last failure is the user's", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", ...Array.from({ length: ATTEMPTS }, () => busy));
    await expect(create(at)).rejects.toThrow(
      "b2_create_bucket: B2 answered 503 service_unavailable (injected): B2 is busy or down: wait, then run pulumi up again (6 attempts)",
    );
    expect(at.pauses).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(at.b2.counts["b2_create_bucket"]).toBe(6);
  });

  test("waits as long as B2 asks", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", { status: 429, code: "too_many_requests", headers: { "Retry-After": "7" } });
    await create(at);
    expect(at.pauses).toEqual([7000]);
  });

  test("is not waited for when B2 asks for more than ten minutes", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", { status: 503, code: "maintenance", headers: { "Retry-After": "601" } });
    await expect(create(at)).rejects.toThrow("503 maintenance");
    expect(at.pauses).toEqual([]);
  });

  test("follows an answer that did not come in time", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", "silent");
    at.b2.onSilence = at.timeOut;
    await create(at);
    expect(at.b2.counts["b2_create_bucket"]).toBe(2);
  });

  test("says what it waited for when no answer ever came", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", ...Array.from({ length: ATTEMPTS }, (): Fault => "silent"));
    at.b2.onSilence = at.timeOut;
    await expect(create(at)).rejects.toThrow(
      `b2_create_bucket: no answer from ${new URL(at.b2.url).host} (not within 120 s): check the network, then run pulumi up again (6 attempts)`,
    );
  });

  test("is not made after Pulumi was asked to stop", async () => {
    const at = await bench();
    await at.provider.cancel();
    at.b2.fail("b2_create_bucket", busy);
    await expect(create(at)).rejects.toThrow("503 service_unavailable");
    expect(at.b2.counts["b2_create_bucket"]).toBe(1);
  });
});

describe("a failure", () => {
  test("of an answer that B2 never gives names what is missing", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", { body: '{"bucketId":"b"}' });
    await expect(create(at)).rejects.toThrow(
      "b2_create_bucket: the answer is not what B2 documents (bucketName, bucketType, bucketInfo, lifecycleRules, defaultServerSideEncryption)",
    );
  });

  test("of something that is not B2 says so", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", { body: "<html>Log in to the hotel's network</html>" });
    await expect(create(at)).rejects.toThrow("b2_create_bucket: the answer is not what B2 documents (no JSON)");
  });

  test("carries no token, although B2 quotes one", async () => {
    const at = await bench();
    const { id, outs } = await create(at);
    at.b2.quoteTokens = true;
    const stale: Fault = { status: 401, code: "expired_auth_token" };
    at.b2.fail("b2_list_buckets", stale, stale);
    const failure = at.provider.read(id, urn, outs);
    await expect(failure).rejects.toThrow("401 expired_auth_token (the token … is old)");
    await expect(failure).rejects.not.toThrow("_acct_");
  });

  test("shows a message and no stack, because Pulumi's server prints both", async () => {
    const at = await bench();
    at.b2.fail("b2_create_bucket", { status: 400, code: "too_many_buckets" });
    const error: unknown = await create(at).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message:
        "b2_create_bucket: B2 answered 400 too_many_buckets (injected): the account has as many buckets as it may: delete one, or ask Backblaze for more",
      stack: "",
    });
  });
});
