import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CONTAINER = join(import.meta.dirname, "../../agents/support/container.sh");

/** How a program runs in an image's root. */
export interface Inside {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `source:target[:ro]` of this machine's folders and files. */
  readonly volumes?: readonly string[];
  readonly secondsAtMost?: number;
}

/** What a program printed, both streams together, and its exit status. */
export interface Said {
  readonly status: number | string | null;
  readonly text: string;
}

/**
 * Runs a shell script in an image's root as its container would: uid 1000, read-only root, nothing in /tmp is executed,
 * no capability, no new privilege; and without any network but loopback.
 */
export async function inside(
  { root, environment, volumes = [], secondsAtMost = 120 }: Inside,
  script: string,
): Promise<Said> {
  const folder = mkdtempSync(join(tmpdir(), "roost-inside-"));
  const args = [
    ...["--net", "bash", "-c", 'ip link set lo up && exec 2>&1 bash "$@"', "bash", CONTAINER],
    ...volumes.flatMap((volume) => ["--volume", volume]),
    ...["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=100m,mode=1777", "--user", "1000"],
    ...[root, join(folder, "over"), "--", "sh", "-c", script],
  ];
  const limits = { timeout: secondsAtMost * 1000, killSignal: "SIGKILL", maxBuffer: 16 * 1024 * 1024 } as const;
  return new Promise((resolve) => {
    execFile("unshare", args, { env: environment, ...limits }, (error, stdout) => {
      rmSync(folder, { recursive: true });
      resolve({ status: error === null ? 0 : (error.code ?? null), text: stdout });
    });
  });
}

/** The variables of an image's config. */
export function environmentOf(config: { readonly Env: readonly string[] }): Record<string, string> {
  return Object.fromEntries(
    config.Env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}
