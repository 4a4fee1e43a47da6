import { capabilityOf } from "./operations.ts";

/** A failure that a person can do something about: the message is the whole story. */
export class ProviderError extends Error {
  override readonly name: string = "backblaze";

  constructor(message: string) {
    super(message);
    // Pulumi's server prints the stack of whatever `read`, `delete` and `check` throw.
    this.stack = "";
  }
}

/** No whole answer came: whether the call had its effect is unknown. */
export class NoAnswerError extends ProviderError {
  constructor(operation: string, host: string, reason: string) {
    super(`${operation}: no answer from ${host} (${reason}): check the network, then run pulumi up again`);
  }
}

/** B2 said no. */
export class B2Error extends ProviderError {
  readonly status: number;
  /** B2's own word for it, such as `duplicate_bucket_name`; empty when the answer was not B2's. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(operation: string, answer: { status: number; code: string; message: string; retryAfter?: number }) {
    const { status, code, message } = answer;
    const said = message === "" ? "" : ` (${withoutTokens(message)})`;
    const fix = advice(operation, status, code);
    super(`${operation}: B2 answered ${`${status} ${code}`.trim()}${said}${fix === "" ? "" : `: ${fix}`}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = answer.retryAfter;
  }

  /** The token is old, and authorising again gives a new one; a 401 `unauthorized` stays what it is. */
  get tokenIsStale(): boolean {
    return this.status === 401 && ["bad_auth_token", "expired_auth_token"].includes(this.code);
  }
}

/** Whether the same call may well succeed later. */
export function isTransient(error: unknown): error is NoAnswerError | B2Error {
  if (error instanceof NoAnswerError) return true;
  return error instanceof B2Error && (error.status === 408 || error.status === 429 || error.status >= 500);
}

/** Whether an error is B2's refusal with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is B2Error {
  return error instanceof B2Error && codes.includes(error.code);
}

/** B2 quotes ids and tokens in its messages; anything that long is cut. */
function withoutTokens(message: string): string {
  return message.replaceAll(/[^\s"']{24,}/g, "…").slice(0, 300);
}

function advice(operation: string, status: number, code: string): string {
  if (operation === "b2_authorize_account" && status === 401) {
    return "B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be the two halves of one key that still exists";
  }
  if (code.endsWith("cap_exceeded")) {
    return "the account's cap is reached: raise it in Backblaze's console under Caps & Alerts";
  }
  if (status === 429 || status >= 500) return "B2 is busy or down: wait, then run pulumi up again";
  switch (code) {
    case "unauthorized":
      return `the key in B2_APPLICATION_KEY_ID must have the capability ${capabilityOf(operation) ?? "for it"}, and must not be limited to other buckets or prefixes`;
    case "access_denied":
      return "a file lock or another rule of the bucket forbids it";
    case "too_many_buckets":
      return "the account has as many buckets as it may: delete one, or ask Backblaze for more";
    case "bad_bucket_id":
      return "the bucket is not there: run pulumi refresh, then pulumi up";
    default:
      return "";
  }
}
