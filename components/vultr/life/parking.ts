import * as pulumi from "@pulumi/pulumi";
import { parkingProblem } from "./refusals.ts";

/** What the Stash holds while no generation is parked. */
const NONE = 0;

/**
 * Remembers the parked generation in the state, and refuses to bring that one back: its tailnet key is spent, and its
 * workloads would count as newly born and might start empty.
 */
export function rememberParking(
  host: string,
  generation: number,
  parked: number | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Stash {
  const beforeUpdate = new pulumi.ResourceHook(
    `${host}-before-unpark`,
    ({ oldInputs = {}, newInputs = {} }) => {
      const problem = parkingProblem(Number(oldInputs["input"]), Number(newInputs["input"]), generation);
      if (problem !== undefined) throw new Error(problem);
    },
    { onDryRun: true },
  );
  return new pulumi.Stash(
    `${host}-parked`,
    { input: parked ?? NONE },
    pulumi.mergeOptions(opts, { hooks: { beforeUpdate: [beforeUpdate] } }),
  );
}
