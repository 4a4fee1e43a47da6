import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { descendantsOf } from "./processes.ts";
import { ROOT } from "./root.ts";

/** How a command of the CLI ended. */
export interface Ended {
  readonly status: number;
  /** Both streams, in the order of their lines. */
  readonly output: string;
}

/** The CLI under test. */
export const PULUMI = process.env["ROOST_PULUMI"] ?? "pulumi";

/** A command of the CLI on its way. */
export interface Started {
  readonly ended: Promise<Ended>;
  /** SIGKILL for the CLI, and then for the plugins that it leaves behind. */
  readonly kill: () => void;
}

/** What a command in a project's folder finds in its environment. */
export function environmentIn(folder: string, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // The pinned Node first; beside a CLI named by its path stands its language host.
  const path = [
    join(folder, "bin"),
    join(ROOT, "node_modules", ".bin"),
    ...(PULUMI.includes("/") ? [dirname(PULUMI)] : []),
    process.env["PATH"],
  ].join(delimiter);
  return { ...process.env, ...more, PATH: path };
}

/** Runs the CLI in a project's folder, with nothing of the user's own Pulumi. */
export function pulumi(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  return startPulumi(args, folder, environment).ended;
}

/** The same, for a test that ends it early. */
export function startPulumi(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Started {
  const child = spawn(PULUMI, [...args, "--non-interactive", "--color", "never"], {
    cwd: folder,
    env: environmentIn(folder, environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString() }));
  });
  const kill = () => {
    // Each plugin has a process group of its own, and outlives the engine.
    const plugins = child.pid === undefined ? [] : descendantsOf(child.pid);
    child.kill("SIGKILL");
    for (const pid of plugins) killIfThere(pid);
  };
  return { ended, kill };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
