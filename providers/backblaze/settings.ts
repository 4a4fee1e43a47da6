import { Secret } from "../../agents/secret.ts";
import { ProviderError } from "./errors.ts";

/** Who calls B2, and where. */
export interface Settings {
  readonly keyId: string;
  readonly key: Secret;
  /** Without a trailing slash. */
  readonly endpoint: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const B2 = "https://api.backblazeb2.com";

/** Reads the environment; throws one error with all that is wrong in it. */
export function readSettings(env: Environment): Settings {
  const problems = settingsProblems(env);
  if (problems.length > 0) throw new ProviderError(problems.join("; "));
  return {
    keyId: env["B2_APPLICATION_KEY_ID"] ?? "",
    key: new Secret(env["B2_APPLICATION_KEY"] ?? ""),
    endpoint: (env["B2_ENDPOINT"] ?? B2).replace(/\/+$/, ""),
  };
}

/** What is wrong in the environment, a sentence each. */
export function settingsProblems(env: Environment): string[] {
  const problem = urlProblem(env["B2_ENDPOINT"] ?? B2);
  return [
    (env["B2_APPLICATION_KEY_ID"] ?? "") === ""
      ? "B2_APPLICATION_KEY_ID must be set to the id of a B2 application key"
      : undefined,
    (env["B2_APPLICATION_KEY"] ?? "") === "" ? "B2_APPLICATION_KEY must be set to that key's secret half" : undefined,
    problem === undefined ? undefined : `B2_ENDPOINT ${problem}, or be unset for ${B2}`,
  ].filter((found) => found !== undefined);
}

/** Every request carries a token, so it goes over TLS or stays on this machine; completes a sentence. */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  const local = url !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  const trusted = url?.protocol === "https:" || (url?.protocol === "http:" && local);
  if (trusted && url.username === "" && url.password === "") return undefined;
  return "must be an https:// address without a user (http:// only on loopback)";
}
