import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Order, UsageError } from "./order.ts";
import { Repository, ResticError, repositoryPassword } from "./restic.ts";
import { fetchVersion, hide, put, StoreError, type Version, versionsBelow } from "./store.ts";
import { statePrefix, workloadsOf } from "./workloads.ts";

/** What a repository needs besides its data; whoever hides or forges one of these decides what restic sees. */
const DECIDING = /^(snapshots|index|keys|locks)\//;

/**
 * `recover <stack> WORKLOAD --at TIME --to FOLDER [--mend yes]`: copies the repository as it was at a time to
 * FOLDER/repository, whatever was hidden or overwritten since, checks it and restores its last snapshot to FOLDER/state.
 * `--mend yes` then makes the bucket's repository the same again: what was hidden or overwritten is put back, and
 * snapshots, indexes and keys that came later are hidden. Deletes no version, so the key needs no right to.
 */
export function recover(order: Order, environment: NodeJS.ProcessEnv): boolean {
  const { at = "", to = "", mend = "no" } = order.options;
  const [workload, ...more] = workloadsOf(order);
  if (order.words.length !== 1 || workload === undefined || more.length > 0) {
    throw new UsageError("name one workload: recover <stack> WORKLOAD --at TIME --to FOLDER [--mend yes]");
  }
  const time = Date.parse(at);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(at) || Number.isNaN(time)) {
    throw new UsageError("--at must be a time in UTC, such as 2026-11-29T06:30:00Z");
  }
  if (to === "" || existsSync(to)) throw new UsageError("--to must be a folder that does not exist yet");
  if (mend !== "yes" && mend !== "no") throw new UsageError("--mend must be yes or no");

  const prefix = `${statePrefix(order)}${workload}/`;
  const versions = versionsBelow(order.access, prefix);
  const then = asOf(versions, time);
  const named = (key: string) => key.slice(prefix.length);
  if (then.length === 0) throw new StoreError(`nothing of ${workload} was there at ${at}, or its versions are gone`);
  const copy = join(to, "repository");
  for (const folder of ["keys", "snapshots", "index", "locks", "data"])
    mkdirSync(join(copy, folder), { recursive: true });
  for (const version of then) {
    const file = join(copy, named(version.key));
    mkdirSync(dirname(file), { recursive: true });
    fetchVersion(order.access, version, file);
    const problem = contentProblem(named(version.key), file);
    if (problem !== undefined) throw new StoreError(problem);
  }
  const repository = new Repository(copy, repositoryPassword(order.root, order.host, workload), environment);
  repository.run("check", "--no-lock", "--read-data");
  const last = repository.snapshots().at(-1);
  if (last === undefined) throw new ResticError(`the repository had no snapshot of ours at ${at}: take a later time`);
  repository.run(
    "restore",
    `${last.id}:${last.path}`,
    "--no-lock",
    "--sparse",
    "--verify",
    "--target",
    join(to, "state"),
  );
  console.log(
    `${workload}: ${then.length} objects as of ${at}; snapshot ${last.id.slice(0, 8)} (sequence ${last.sequence}, ${last.time}) is in ${join(to, "state")}`,
  );

  if (mend === "yes") mendBucket(order, versions, then, copy, named);
  return true;
}

function mendBucket(
  order: Order,
  versions: readonly Version[],
  then: readonly Version[],
  copy: string,
  named: (key: string) => string,
): void {
  const { access } = order;
  const current = versions.filter(({ latest }) => latest);
  const now = new Map(current.map((version) => [version.key, version]));
  const changed = then.filter(({ key, id }) => now.get(key)?.id !== id && !named(key).startsWith("locks/"));
  // Data first: an index that names what is not there would make a backup of this moment incomplete.
  const data = (key: string) => (DECIDING.test(named(key)) ? 1 : 0);
  for (const { key } of changed.toSorted((a, b) => data(a.key) - data(b.key))) put(access, key, join(copy, named(key)));
  const known = new Set(then.map(({ key }) => key));
  const later = current.filter(
    ({ key, hidden }) => !hidden && DECIDING.test(named(key)) && (!known.has(key) || named(key).startsWith("locks/")),
  );
  for (const { key } of later) hide(access, key);
  console.log(`the bucket: ${changed.length} objects put back, ${later.length} later ones hidden`);
}

/** The version of each object that was in force at a time. */
export function asOf(versions: readonly Version[], time: number): Version[] {
  const then = new Map<string, Version>();
  // Oldest first, also within one second.
  for (const version of versions.toReversed().toSorted((a, b) => Date.parse(a.modified) - Date.parse(b.modified))) {
    if (Date.parse(version.modified) <= time) then.set(version.key, version);
  }
  return [...then.values()].filter(({ hidden }) => !hidden);
}

/** All but `config` are named after their content's SHA-256, so a forged one shows. */
function contentProblem(name: string, file: string): string | undefined {
  const id = name.split("/").at(-1) ?? "";
  if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
  const is = createHash("sha256").update(readFileSync(file)).digest("hex");
  return is === id
    ? undefined
    : `${name} is not what its name says: it was overwritten before that time, take an earlier one`;
}
