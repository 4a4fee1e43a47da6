import type { Order } from "./order.ts";
import { type Repository, ResticError } from "./restic.ts";
import { type Version, versionsBelow } from "./store.ts";
import { repositoryOf, statePrefix, workloadsOf } from "./workloads.ts";

/** A host's own forgetting leaves at least so many (`--keep-last` in host/lib/snapshot.sh), the newest among them. */
const KEPT = 20;

/**
 * `prune <stack> [WORKLOAD...]`: drops what no snapshot needs. Never a repository that does not pass its check, nor one
 * whose snapshots were hidden by somebody else than the host's own forgetting: it would drop what they need.
 */
export function prune(order: Order, environment: NodeJS.ProcessEnv): boolean {
  let well = true;
  for (const workload of workloadsOf(order)) {
    try {
      const repository = repositoryOf(order, workload, environment);
      const problem = hiddenProblem(versionsBelow(order.access, `${statePrefix(order)}${workload}/snapshots/`));
      if (problem !== undefined) throw new ResticError(problem);
      dropUnused(repository);
      console.log(`${workload}: pruned, ${repository.snapshots().length} snapshots stay`);
    } catch (error) {
      if (!(error instanceof ResticError)) throw error;
      console.log(`${workload}: NOT pruned: ${error.message}`);
      well = false;
    }
  }
  return well;
}

function dropUnused(repository: Repository): void {
  repository.run("check");
  repository.run("prune");
  repository.run("check");
}

/** Why the hidden snapshots of a repository are not the work of the host's own forgetting, or `undefined`. */
export function hiddenProblem(versions: readonly Version[]): string | undefined {
  const latest = versions.filter(({ latest: is }) => is);
  const visible = new Set(latest.filter(({ hidden }) => !hidden).map(({ key }) => key));
  const made = versions.filter(({ hidden }) => !hidden);
  const hidden = made.filter(({ key }) => !visible.has(key));
  if (hidden.length === 0) return undefined;
  const way = 'docs/recovery.md, "Snapshots are hidden"';
  if (visible.size < KEPT)
    return `${hidden.length} snapshots are hidden and only ${visible.size} are left, a host leaves ${KEPT}: ${way}`;
  if (newest(hidden) > newest(made.filter(({ key }) => visible.has(key)))) {
    return `the newest snapshot is hidden, which no host does: ${way}`;
  }
  return undefined;
}

function newest(versions: readonly Version[]): number {
  return Math.max(0, ...versions.map(({ modified }) => Date.parse(modified)));
}
