import { spawnSync } from "node:child_process";

/** A program and the arguments that come before all others. */
export type Program = readonly [string, ...string[]];

/** How a short command ended. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line that it complained with; why it did not start or end, if so. */
  readonly complaint: string;
  /** There is no such program. */
  readonly absent: boolean;
}

/** A question to a service that hangs must not hang the deployment. */
const LIMIT_SECONDS = 60;

/** Asks a program something; it gets no input. */
export function askProgram(
  [file, ...first]: Program,
  args: readonly string[],
  { root, environment }: { readonly root: string; readonly environment: NodeJS.ProcessEnv },
): Answer {
  const { status, stdout, stderr, error } = spawnSync(file, [...first, ...args], {
    cwd: root,
    env: environment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LIMIT_SECONDS * 1000,
    maxBuffer: 256 * 1024 * 1024, // a state
  });
  return {
    ok: status === 0,
    stdout,
    complaint: error === undefined ? lastLine(stderr) : reasonOf(error),
    absent: error !== undefined && codeOf(error) === "ENOENT",
  };
}

function reasonOf(error: Error): string {
  return codeOf(error) === "ETIMEDOUT" ? `no answer within ${LIMIT_SECONDS} seconds` : error.message;
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").trim().replace(/^error: /, "") || "it gave no reason";
}
