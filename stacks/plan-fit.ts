import type { Workload } from "../agents/workload.ts";
import { planDiskGb, planMemoryMib } from "../cost/vultr.ts";
import type { VultrConfig } from "./schema.ts";

/** What uCore, Podman and the host's units take, in MiB. */
const OS_MEMORY_MIB = 512;
/** Disk that state volumes leave alone, in GiB: the OS, its update, images and the journal. */
const OS_DISK_GIB = 10;
/** Share of the plan's memory above which a host is said to be tight. */
const TIGHT = 0.8;
const MIB_PER_GIB = 1024;
/** Providers sell disks in decimal gigabytes. */
const MIB_PER_GB = 1e9 / (MIB_PER_GIB * MIB_PER_GIB);

/** Whether the plan holds what the stack runs. */
export function planFit(
  { host }: VultrConfig,
  workloads: readonly Workload[],
): { problems: string[]; warnings: string[] } {
  const memory = memoryFit(host.plan, host.overcommit, workloads);
  const disk = diskFit(host.plan, workloads);
  return { problems: [...memory.problems, ...disk.problems], warnings: [...memory.warnings, ...disk.warnings] };
}

function memoryFit(plan: string, overcommit: boolean, workloads: readonly Workload[]) {
  const has = planMemoryMib(plan);
  if (has === undefined) {
    return {
      problems: [],
      warnings: [`roost:host.plan "${plan}" does not say its memory, so nothing checks that it suffices`],
    };
  }
  const needs = OS_MEMORY_MIB + sum(workloads, (workload) => workload.plannedMemoryMib);
  const line = `roost:host.plan "${plan}" has ${has} MiB and the stack needs ${needs} MiB (${sumText(workloads)})`;
  if (needs > has && !overcommit) {
    return { problems: [`${line}: take a larger plan, or set roost:host.overcommit to true`], warnings: [] };
  }
  return { problems: [], warnings: needs > TIGHT * has ? [`${line}: little is left`] : [] };
}

/** Without an override: a full host disk would lose writes that a tenant's own disk had accepted. */
function diskFit(plan: string, workloads: readonly Workload[]) {
  const has = planDiskGb(plan);
  if (has === undefined) {
    return {
      problems: [],
      warnings: [`roost:host.plan "${plan}" is not in the price table, so nothing checks that its disk suffices`],
    };
  }
  const free = Math.floor(has * MIB_PER_GB) - OS_DISK_GIB * MIB_PER_GIB;
  const needs = sum(workloads, (workload) => workload.state.volumeMib);
  if (needs <= free) return { problems: [], warnings: [] };
  return {
    problems: [
      `roost:host.plan "${plan}" leaves ${free} MiB of disk to state volumes and they need ${needs} MiB: take a larger plan or smaller volumeMib`,
    ],
    warnings: [],
  };
}

function sum(workloads: readonly Workload[], of: (workload: Workload) => number): number {
  return workloads.reduce((total, workload) => total + of(workload), 0);
}

function sumText(workloads: readonly Workload[]): string {
  const nanobots = workloads.filter((workload) => workload.kind === "nanobot");
  return [
    `${OS_MEMORY_MIB} for the OS`,
    ...workloads
      .filter((workload) => workload.kind === "moltbot")
      .map(({ plannedMemoryMib }) => `${plannedMemoryMib} for Moltbot`),
    ...(nanobots.length === 0
      ? []
      : [
          `${sum(nanobots, (workload) => workload.plannedMemoryMib)} for ${nanobots.length} nanobot${nanobots.length === 1 ? "" : "s"}`,
        ]),
  ].join(" + ");
}
