import { z } from "zod";
import { B2Error, ProviderError } from "./errors.ts";
import { exchange, read } from "./exchange.ts";
import type { Io } from "./io.ts";
import { type Settings, urlProblem } from "./settings.ts";

/** B2's address and names for this account, and the token that opens them. */
export interface Authorization {
  readonly accountId: string;
  readonly token: string;
  readonly apiUrl: string;
  readonly downloadUrl: string;
  /** S3 address of the account's region. */
  readonly s3Endpoint: string;
}

/** B2 tells these addresses itself; a token must not follow one out of TLS. */
const address = z.string().refine((url) => urlProblem(url) === undefined);

const authorizationSchema = z.object({
  accountId: z.string(),
  authorizationToken: z.string(),
  apiInfo: z.object({ storageApi: z.object({ apiUrl: address, downloadUrl: address, s3ApiUrl: z.string() }) }),
});

/** One authorisation for the whole process; B2's tokens last a day. */
export class Session {
  readonly #settings: () => Settings;
  readonly #io: Io;
  #current: Promise<Authorization> | undefined;

  constructor(settings: () => Settings, io: Io) {
    this.#settings = settings;
    this.#io = io;
  }

  /** Makes a call with the token in force; when B2 calls it old, once more with a new one. */
  async use<T>(call: (authorization: Authorization) => Promise<T>): Promise<T> {
    const mine = this.#authorization();
    try {
      return await call(await mine);
    } catch (error) {
      if (!(error instanceof B2Error && error.tokenIsStale)) throw error;
      // Calls that run side by side learn this one by one: only the first may throw the token away.
      if (this.#current === mine) this.#current = undefined;
      return call(await this.#authorization());
    }
  }

  #authorization(): Promise<Authorization> {
    if (this.#current !== undefined) return this.#current;
    const asked = this.#authorize();
    this.#current = asked;
    asked.catch(() => {
      if (this.#current === asked) this.#current = undefined;
    });
    return asked;
  }

  async #authorize(): Promise<Authorization> {
    const operation = "b2_authorize_account";
    const { keyId, key, endpoint } = this.#settings();
    if (/[^\x21-\x7e]/.test(keyId + key.reveal())) {
      throw new ProviderError("B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be printable ASCII without spaces");
    }
    const answer = await exchange(this.#io, {
      operation,
      url: `${endpoint}/b2api/v4/${operation}`,
      method: "GET",
      headers: { Authorization: `Basic ${Buffer.from(`${keyId}:${key.reveal()}`).toString("base64")}` },
    });
    const { accountId, authorizationToken, apiInfo } = read(operation, answer, authorizationSchema);
    const { apiUrl, downloadUrl, s3ApiUrl } = apiInfo.storageApi;
    return { accountId, token: authorizationToken, apiUrl, downloadUrl, s3Endpoint: s3ApiUrl };
  }
}
