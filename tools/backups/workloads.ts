import { type Order, UsageError } from "./order.ts";
import { Repository, repositoryPassword } from "./restic.ts";
import { foldersBelow } from "./store.ts";

/** Below which all state of a host lies. */
export function statePrefix({ stack, host }: Order): string {
  return `${stack}/${host}/state/`;
}

/** The workloads asked for, else all that the bucket has anything of, hidden things too. */
export function workloadsOf(order: Order): string[] {
  const there = foldersBelow(order.access, statePrefix(order));
  const unknown = order.words.filter((word) => !there.includes(word));
  if (there.length === 0) throw new UsageError(`the bucket has no state of ${order.stack}/${order.host}`);
  if (unknown.length > 0)
    throw new UsageError(`no state of ${unknown.join(", ")}, there is some of ${there.join(", ")}`);
  return order.words.length > 0 ? [...order.words] : there;
}

/** A workload's repository in the bucket. */
export function repositoryOf(order: Order, workload: string, environment: NodeJS.ProcessEnv): Repository {
  const password = repositoryPassword(order.root, order.host, workload);
  return Repository.inBucket(order.access, `${statePrefix(order)}${workload}`, password, environment);
}
