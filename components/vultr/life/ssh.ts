import { spawn } from "node:child_process";

/** How a command on a host ended. */
export interface SshResult {
  /** Exit status; `undefined` when the time was up. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on a host; rejects when there is no `ssh`. */
export type Ssh = (args: readonly string[], limitMs: number) => Promise<SshResult>;

/** Milliseconds between the polite and the final signal. */
const GRACE_MS = 10_000;

/** Runs the machine's own `ssh`: over the tailnet both Tailscale SSH and a plain key answer it. */
export const ssh: Ssh = (args, limitMs) =>
  new Promise((resolve, reject) => {
    const child = spawn("ssh", args, { stdio: ["ignore", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    let late = false;
    let kill: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      late = true;
      child.kill();
      kill = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    }, limitMs);
    const done = () => {
      clearTimeout(timer);
      clearTimeout(kill);
    };
    child.on("error", (error) => {
      done();
      reject(error);
    });
    child.on("close", (status) => {
      done();
      resolve({
        status: late ? undefined : (status ?? 1),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
