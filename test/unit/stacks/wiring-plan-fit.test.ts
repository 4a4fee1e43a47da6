import { describe, expect, test } from "vitest";
import type { Workload } from "../../../agents/workload.ts";
import { planFit } from "../../../stacks/plan-fit.ts";
import { checkShape } from "../../../stacks/shape.ts";
import { configuredWorkloads } from "../../../stacks/workloads.ts";
import { config } from "./fixture.ts";

/** How a plan carries one nanobot of a given size. */
function fit(plan: string, size: (workload: Workload) => Partial<Workload>) {
  const shape = checkShape(config({ host: { ...(config()["host"] as object), plan } }));
  if ("problems" in shape) throw new Error(shape.problems.join("; "));
  const workloads = configuredWorkloads(shape.config).map((workload) => ({ ...workload, ...size(workload) }));
  return planFit(shape.config, workloads);
}

const memory = (plan: string, plannedMemoryMib: number) => fit(plan, () => ({ plannedMemoryMib }));
const disk = (volumeMib: number) => fit("vc2-2c-4gb", ({ state }) => ({ state: { ...state, volumeMib } }));

describe("a plan's memory", () => {
  test("may be needed to the last MiB", () => {
    expect(memory("vc2-2c-4gb", 4096 - 512).problems).toEqual([]);
  });

  test("refuses one MiB more than it has", () => {
    expect(memory("vc2-2c-4gb", 4096 - 512 + 1)).toEqual({
      problems: [
        'roost:host.plan "vc2-2c-4gb" has 4096 MiB and the stack needs 4097 MiB (512 for the OS + 3585 for 1 nanobot): take a larger plan, or set roost:host.overcommit to true',
      ],
      warnings: [],
    });
  });

  // Four fifths of 5 GiB are a whole number of MiB; of Vultr's own plans none has such a share.
  const noPrice = 'roost:host.plan "vc2-2c-5gb" is not in the price table, so nothing checks that its disk suffices';

  test("is not tight at exactly four fifths", () => {
    expect(memory("vc2-2c-5gb", 4096 - 512)).toEqual({ problems: [], warnings: [noPrice] });
  });

  test("is tight one MiB above four fifths", () => {
    expect(memory("vc2-2c-5gb", 4096 - 512 + 1)).toEqual({
      problems: [],
      warnings: [
        'roost:host.plan "vc2-2c-5gb" has 5120 MiB and the stack needs 4097 MiB (512 for the OS + 3585 for 1 nanobot): little is left',
        noPrice,
      ],
    });
  });
});

describe("a plan's disk", () => {
  // 80 decimal gigabytes are 76293 MiB, and 10240 of them are the OS's.
  test("may be filled by state volumes to the last MiB", () => {
    expect(disk(66_053)).toEqual({ problems: [], warnings: [] });
  });

  test("refuses one MiB more than it has", () => {
    expect(disk(66_054).problems).toEqual([
      'roost:host.plan "vc2-2c-4gb" leaves 66053 MiB of disk to state volumes and they need 66054 MiB: take a larger plan or smaller volumeMib',
    ]);
  });
});
