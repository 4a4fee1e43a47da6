import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { ReleaseEntry } from "../../../quadlets/release-file.ts";

/** What a real tool said. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Folder of a real tool, such as `quadlet-5.4`; fails with the script that makes it. */
export function oracle(name: string, script: string): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(process.env["ROOST_ORACLES"] ?? join(cache, "roost", "oracles"), name);
  if (!existsSync(folder)) throw new Error(`${name} is missing: run test/conformance/oracles/${script}`);
  return folder;
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs a program of another root, in process, mount and network namespaces of its own. */
export function runIn(
  root: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Run {
  const namespaces = ["--mount", "--pid", "--fork", "--net", `--root=${root}`, "--mount-proc"];
  return run("unshare", [...namespaces, "--", ...command], environment);
}

/** A folder that goes with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "roost-conformance-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A root to chroot into, with systemd 257, nftables and no other program. */
export function systemdRoot(): string {
  const root = scratch();
  cpSync(oracle("systemd-257", "systemd.sh"), root, { recursive: true, verbatimSymlinks: true });
  for (const folder of ["proc", "run", "tmp"]) mkdirSync(join(root, folder), { recursive: true });
  return root;
}

/** Lays files and links out below a folder. */
export function layOut(folder: string, entries: readonly ReleaseEntry[]): void {
  for (const entry of entries) {
    const path = join(folder, entry.path);
    mkdirSync(dirname(path), { recursive: true });
    if ("target" in entry) {
      rmSync(path, { force: true });
      symlinkSync(entry.target, path);
    } else writeFileSync(path, entry.content, { mode: entry.mode });
  }
}
