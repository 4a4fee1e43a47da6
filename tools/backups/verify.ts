import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Order, UsageError } from "./order.ts";
import { type Repository, ResticError, type Snapshot } from "./restic.ts";
import { repositoryOf, workloadsOf } from "./workloads.ts";

/** Share of all packs that one run reads, as restic's `--read-data-subset` takes it. */
const READ = "10%";
const WEEK_MS = 7 * 86_400_000;

/**
 * `verify-backups <stack> [WORKLOAD...] [--restore WORKLOAD] [--read 10%]`: reads part of every repository, restores the
 * last snapshot of one workload (another each week) and prints a line each. Writes nothing to the bucket.
 */
export function verify(order: Order, environment: NodeJS.ProcessEnv): boolean {
  const workloads = workloadsOf(order);
  const chosen = order.options["restore"] ?? workloads[Math.floor(Date.now() / WEEK_MS) % workloads.length];
  if (chosen === undefined || !workloads.includes(chosen)) {
    throw new UsageError(`--restore must be one of ${workloads.join(", ")}`);
  }
  const lines = workloads.map((workload) => {
    const repository = repositoryOf(order, workload, environment);
    return lineOf(workload, () => checked(repository, order.options["read"] ?? READ, workload === chosen));
  });
  for (const { line } of lines) console.log(line);
  return lines.every(({ well }) => well);
}

function lineOf(workload: string, check: () => string): { line: string; well: boolean } {
  try {
    return { line: `${workload}: ${check()}`, well: true };
  } catch (error) {
    if (!(error instanceof ResticError)) throw error;
    return { line: `${workload}: FAILED: ${error.message}`, well: false };
  }
}

function checked(repository: Repository, read: string, restore: boolean): string {
  const snapshots = repository.snapshots();
  const last = snapshots.at(-1);
  if (last === undefined) throw new ResticError("the repository shows no snapshot of ours: docs/recovery.md");
  repository.run("check", "--no-lock", "--read-data-subset", read);
  const age = Math.round((Date.now() - Date.parse(last.time)) / 60_000);
  const found = `${snapshots.length} snapshots, the last (sequence ${last.sequence}) ${age} min old, ${read} of the data read`;
  return restore ? `${found}, ${restored(repository, last)}` : found;
}

function restored(repository: Repository, snapshot: Snapshot): string {
  const folder = mkdtempSync(join(tmpdir(), "roost-verify-"));
  const start = Date.now();
  try {
    repository.run(
      "restore",
      `${snapshot.id}:${snapshot.path}`,
      "--no-lock",
      "--sparse",
      "--verify",
      "--target",
      folder,
    );
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    ).length;
    if (snapshot.files !== undefined && files < snapshot.files) {
      throw new ResticError(
        `snapshot ${snapshot.id.slice(0, 8)} has ${snapshot.files} files and ${files} were restored`,
      );
    }
    return `restored ${files} files in ${Math.round((Date.now() - start) / 1000)} s`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
