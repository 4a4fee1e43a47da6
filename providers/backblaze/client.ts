import type { z } from "zod";
import { type Authorization, Session } from "./auth.ts";
import { ProviderError } from "./errors.ts";
import { exchange, read } from "./exchange.ts";
import type { Io } from "./io.ts";
import { ACCOUNT_CALLS, type Call } from "./operations.ts";
import { retrying } from "./retry.ts";
import type { Settings } from "./settings.ts";

/** B2's native API, version 4: https://www.backblaze.com/apidocs/introduction-to-the-b2-native-api */
export class Client {
  readonly io: Io;
  readonly #session: Session;
  readonly #stop = new AbortController();

  constructor(settings: () => Settings, io: Io) {
    this.io = io;
    this.#session = new Session(settings, io);
  }

  /** Ends the pauses between attempts; a call under way gets its answer, or its effect would be unknown. */
  stop(): void {
    this.#stop.abort();
  }

  /** Repeats something that makes calls by `once`, as `retrying` says. */
  retry<T>(call: (attempt: number) => Promise<T>, again?: (error: unknown) => boolean): Promise<T> {
    return retrying(this.io, this.#stop.signal, call, again);
  }

  /** Makes a call until it is answered. */
  call<T>(operation: Call, fields: object, answer: z.ZodType<T>): Promise<T> {
    return this.retry(() => this.once(operation, fields, answer));
  }

  /** Makes a call one time. */
  once<T>(operation: Call, fields: object, answer: z.ZodType<T>): Promise<T> {
    return this.#session.use(async ({ apiUrl, token, accountId }) => {
      const account = ACCOUNT_CALLS.includes(operation) ? { accountId } : {};
      const body = await exchange(this.io, {
        operation,
        url: `${apiUrl}/b2api/v4/${operation}`,
        method: "POST",
        headers: { Authorization: token, "Content-Type": "application/json" },
        body: JSON.stringify({ ...account, ...fields }),
      });
      return read(operation, body, answer);
    });
  }

  /** The bytes of one version of a file, asked for one time. */
  download(fileId: string): Promise<Buffer> {
    const operation = "b2_download_file_by_id";
    return this.#session.use(({ downloadUrl, token }) =>
      exchange(this.io, {
        operation,
        url: `${downloadUrl}/b2api/v4/${operation}?fileId=${encodeURIComponent(fileId)}`,
        method: "GET",
        headers: { Authorization: token },
      }),
    );
  }

  /** The account of the credentials. */
  account(): Promise<Authorization> {
    return this.retry(() => this.#session.use(async (authorization) => authorization));
  }

  /** Refuses to look for something of one account in another, where it would seem to be gone. */
  async assertAccount(accountId: string): Promise<void> {
    const account = await this.account();
    if (account.accountId === accountId) return;
    throw new ProviderError(
      `this was made in the Backblaze account ${accountId}, and B2_APPLICATION_KEY_ID is a key of ${account.accountId}: use a key of the first`,
    );
  }
}
