import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "./root.ts";

/** How a command of the CLI ended. */
export interface Ended {
  readonly status: number;
  /** Both streams, in the order of their lines. */
  readonly output: string;
}

/** The CLI under test. */
export const PULUMI = process.env["ROOST_PULUMI"] ?? "pulumi";

/** Runs the CLI in a project's folder, with nothing of the user's own Pulumi. */
export function pulumi(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  // The pinned Node first; beside a CLI named by its path stands its language host.
  const path = [
    join(folder, "bin"),
    join(ROOT, "node_modules", ".bin"),
    ...(PULUMI.includes("/") ? [dirname(PULUMI)] : []),
    process.env["PATH"],
  ].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(PULUMI, [...args, "--non-interactive", "--color", "never"], {
      cwd: folder,
      env: { ...process.env, ...environment, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
