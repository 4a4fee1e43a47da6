import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CAPABILITIES } from "../../../../providers/backblaze/checks.ts";
import { ACCOUNT_CALLS } from "./fake-b2-calls.ts";
import { FILE_CALLS, storeUpload } from "./fake-b2-files.ts";
import { Refusal, type StoredBucket, type StoredKey, type StoredVersion } from "./fake-b2-store.ts";

/** What goes wrong with the next requests for an operation. */
export type Fault =
  /** Refused without effect; the headers go with the answer. */
  | { readonly status: number; readonly code: string; readonly headers?: Record<string, string> }
  /** The connection is cut before anything happened. */
  | "cut"
  /** Everything happened, and the connection is cut before the answer. */
  | "lost"
  /** Nothing happens and no answer comes. */
  | "silent"
  /** Everything happened, and no answer comes. */
  | "held"
  /** The answer is a good one with a body that B2 never sends. */
  | { readonly body: string };

/** One request as it arrived. */
export interface Seen {
  readonly operation: string;
  /** The JSON body, or the query of a download. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage["headers"];
}

/** A small B2 on loopback: it refuses what B2 refuses, and fails where a test says so. */
export class FakeB2 {
  readonly accountId = "0022623512fc";
  readonly master = { keyId: "0022623512fc", key: "master-key-of-the-fake" };
  readonly buckets = new Map<string, StoredBucket>();
  readonly keys = new Map<string, StoredKey>();
  /** Every version in every bucket, oldest first. */
  readonly versions: StoredVersion[] = [];
  /** Names that other accounts have taken. */
  readonly takenNames = new Set<string>();
  readonly seen: Seen[] = [];
  /** Called when a request is left without an answer. */
  onSilence: () => void = () => {};
  url = "";
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #faults = new Map<string, Fault[]>();
  readonly #tokens = new Map<string, StoredKey>();
  readonly #uploadTokens = new Map<string, { readonly bucketId: string; readonly key: StoredKey }>();
  #made = 0;

  /** Injected refusals quote the token, as some of B2's do. */
  quoteTokens = false;
  /** How many of the next uploads arrive with a bit flipped. */
  garbledUploads = 0;

  /** Listens on a port of its own. */
  static async start(): Promise<FakeB2> {
    const fake = new FakeB2();
    fake.keys.set(fake.master.keyId, { ...fake.newKey("master", CAPABILITIES), applicationKey: fake.master.key });
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`; // listens on TCP
    return fake;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next requests for an operation fail so, one fault each. */
  fail(operation: string, ...faults: Fault[]): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), ...faults]);
  }

  /** Every token that was handed out ends now. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** How often each operation was asked for, in the order of the first. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { operation } of this.seen) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  /** The fields of the last request for an operation. */
  last(operation: string): Readonly<Record<string, unknown>> | undefined {
    return this.seen.findLast((request) => request.operation === operation)?.fields;
  }

  newKey(keyName: string, capabilities: readonly string[]): StoredKey {
    const applicationKeyId = keyName === "master" ? this.master.keyId : `002${this.newId(22)}`;
    const applicationKey = `K002${randomBytes(20).toString("base64url")}`;
    return { applicationKeyId, applicationKey, keyName, capabilities, bucketIds: null, namePrefix: null };
  }

  /** An id that sorts after all before it. */
  newId(length: number): string {
    this.#made += 1;
    return this.#made.toString(16).padStart(length, "0");
  }

  /** A key that somebody else made. */
  addKey(keyName: string): string {
    const key = this.newKey(keyName, ["listFiles"]);
    this.keys.set(key.applicationKeyId, key);
    return key.applicationKeyId;
  }

  /** A bucket that somebody else made. */
  newBucket(bucketName: string): string {
    const bucketId = this.newId(24);
    const rest = { bucketType: "allPrivate", bucketInfo: {}, lifecycleRules: [], encryption: { mode: null } };
    this.buckets.set(bucketId, { bucketId, bucketName, ...rest });
    return bucketId;
  }

  /** A version on top that somebody else put there. */
  putVersion(bucketId: string, fileName: string, text: string, action: "upload" | "hide" = "upload"): string {
    const fileId = `4_z${bucketId}_f${this.newId(18)}`;
    const bytes = Buffer.from(text);
    const contentSha1 = createHash("sha1").update(bytes).digest("hex");
    const rest = { contentType: "text/plain", contentSha1, fileInfo: {} };
    this.versions.push({ fileId, fileName, bucketId, action, bytes, ...rest });
    return fileId;
  }

  newUploadToken(bucketId: string, key: StoredKey): string {
    const token = `4_upload_${randomBytes(24).toString("base64url")}`;
    this.#uploadTokens.set(token, { bucketId, key });
    return token;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", this.url);
    const operation = url.pathname.split("/")[3] ?? "";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
    const body = Buffer.concat(chunks);
    if (operation === "b2_upload_file" && this.garbledUploads-- > 0) body[0] = (body[0] ?? 0) ^ 1;
    const isJson = request.headers["content-type"] === "application/json" && operation !== "b2_upload_file";
    const fields = isJson ? jsonOf(body) : Object.fromEntries(url.searchParams);
    this.seen.push({ operation, fields, headers: request.headers });

    const fault = this.#faults.get(operation)?.shift();
    if (fault === "silent") return this.onSilence();
    if (fault === "cut") return void request.socket.destroy();
    try {
      if (typeof fault === "object" && "status" in fault) {
        const said = this.quoteTokens ? `the token ${request.headers.authorization} is old` : "injected";
        throw new Refusal(fault.status, fault.code, said, fault.headers);
      }
      const answer = this.#answer(request, url, operation, fields, body);
      if (fault === "lost") return void request.socket.destroy();
      if (fault === "held") return this.onSilence();
      if (fault !== undefined) return void response.end(fault.body);
      if (Buffer.isBuffer(answer)) return void response.end(answer);
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
    } catch (error) {
      if (operation === "b2_upload_file") this.#uploadTokens.delete(request.headers.authorization ?? "");
      const { status, code, message, headers } =
        error instanceof Refusal ? error : new Refusal(500, "internal_error", `the fake broke: ${String(error)}`);
      response.writeHead(status, headers).end(JSON.stringify({ status, code, message }));
    }
  }

  #answer(request: IncomingMessage, url: URL, operation: string, fields: object, body: Buffer): unknown {
    if (!url.pathname.startsWith("/b2api/v4/")) throw new Refusal(404, "not_found", url.pathname);
    if (operation === "b2_authorize_account") return this.#authorize(request.headers.authorization ?? "");
    const token = request.headers.authorization ?? "";
    if (operation === "b2_upload_file") {
      const permit = this.#uploadTokens.get(token);
      if (permit === undefined) throw new Refusal(401, "bad_auth_token", "Invalid upload token");
      return storeUpload(this, permit, request.headers, body);
    }
    const key = this.#tokens.get(token);
    if (key === undefined) throw new Refusal(401, "expired_auth_token", `Authorization token ${token} has expired`);
    const call = ACCOUNT_CALLS.get(operation) ?? FILE_CALLS.get(operation);
    const method = operation === "b2_download_file_by_id" ? "GET" : "POST";
    if (call === undefined || request.method !== method) throw new Refusal(404, "not_found", `${request.method}`);
    return call(this, key, fields);
  }

  #authorize(header: string): unknown {
    const [keyId = "", secret] = Buffer.from(header.replace("Basic ", ""), "base64").toString().split(":");
    const key = this.keys.get(keyId);
    if (key === undefined || key.applicationKey !== secret) throw new Refusal(401, "unauthorized", "");
    const token = `4_${this.accountId}_acct_${randomBytes(24).toString("base64url")}`;
    this.#tokens.set(token, key);
    return {
      accountId: this.accountId,
      authorizationToken: token,
      applicationKeyExpirationTimestamp: null,
      apiInfo: {
        storageApi: {
          apiUrl: this.url,
          downloadUrl: this.url,
          s3ApiUrl: "https://s3.us-west-002.backblazeb2.com",
          allowed: { capabilities: key.capabilities, buckets: null, namePrefix: key.namePrefix },
        },
      },
    };
  }
}

function jsonOf(body: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(body.toString());
  return typeof value === "object" && value !== null ? { ...value } : {};
}
