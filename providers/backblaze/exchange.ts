import { z } from "zod";
import { B2Error, NoAnswerError, ProviderError } from "./errors.ts";
import type { Io } from "./io.ts";

/** A request to B2, sent once. */
export interface Request {
  /** For messages, such as `b2_create_key`. */
  readonly operation: string;
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Longest wait for a whole answer; an upload of some megabytes over a slow line fits. */
const DEADLINE_MS = 120_000;

/** Sends a request once and gives the body of a good answer; everything else is a `NoAnswerError` or a `B2Error`. */
export async function exchange(io: Io, request: Request): Promise<Buffer> {
  const { operation, url, method, headers, body } = request;
  let response: Response;
  let answer: Buffer;
  try {
    response = await io.fetch(url, {
      method,
      headers: { "User-Agent": "roost-pulumi-backblaze", ...headers },
      ...(body === undefined ? {} : { body }),
      redirect: "error", // the token is for this address alone
      signal: io.deadline(DEADLINE_MS),
    });
    answer = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new NoAnswerError(operation, new URL(url).host, reasonOf(error));
  }
  if (response.ok) return answer;
  throw refusal(operation, response, answer);
}

/** Reads a JSON answer; B2 may add fields, but none that we need may be missing. */
export function read<T>(operation: string, answer: Buffer, schema: z.ZodType<T>): T {
  const found = schema.safeParse(json(answer));
  if (found.success) return found.data;
  const paths = found.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new ProviderError(`${operation}: the answer is not what B2 documents (${paths || "no JSON"})`);
}

const refusalSchema = z.object({ code: z.string(), message: z.string() });

function refusal(operation: string, response: Response, answer: Buffer): B2Error {
  const { data } = refusalSchema.safeParse(json(answer));
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new B2Error(operation, {
    status: response.status,
    code: data?.code ?? "",
    message: data?.message ?? "",
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
  });
}

function json(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** `fetch` hides what went wrong in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return `not within ${DEADLINE_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
