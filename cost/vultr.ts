import table from "./vultr-plans.json" with { type: "json" };

/** A Vultr plan of the price table, before tax. */
export interface VultrPlan {
  /** Plan id, such as `vc2-2c-4gb`. */
  readonly id: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  /** Disk in decimal gigabytes. */
  readonly diskGb: number;
  /** USD for a whole month; an hour costs a 672nd of it, and no month more than 672 hours. */
  readonly usdPerMonth: number;
  /** Date of the source, as exact as it is known; `undated` where it is not. */
  readonly asOf: string;
  readonly source: string;
  /** `sure`: dated or told by several sources; `probable`: told by one. */
  readonly confidence: string;
}

/** Marks a plan of the region `sao`: the same machine, half as much again (a rule of the same price grid). */
const SAO_SUFFIX = "-sc1";
const SAO_FACTOR = 1.5;

const plans = new Map<string, VultrPlan>(
  table.groups.flatMap(({ plans: rows, ...origin }) =>
    Object.entries(rows).map(([id, row]) => [id, { id, ...row, ...origin }] as const),
  ),
);

/** Ids of every plan in the table, without those of the region `sao`. */
export const vultrPlanIds: readonly string[] = [...plans.keys()];

/** The plan with an id, such as `vc2-2c-4gb` or `vc2-2c-4gb-sc1`; `undefined` if the table lacks it. */
export function vultrPlan(id: string): VultrPlan | undefined {
  if (!id.endsWith(SAO_SUFFIX)) return plans.get(id);
  const plan = plans.get(id.slice(0, -SAO_SUFFIX.length));
  return plan === undefined ? undefined : { ...plan, id, usdPerMonth: plan.usdPerMonth * SAO_FACTOR };
}

/** Memory of a plan in MiB as its id says it (`-4gb` is 4096), also for a plan that the table lacks. */
export function planMemoryMib(id: string): number | undefined {
  const gb = /^v[a-z0-9]+-(?:[a-z0-9]+-)*?(\d+(?:\.\d+)?)gb(?:-|$)/.exec(id)?.[1];
  return gb === undefined ? undefined : Number(gb) * 1024;
}

/** Disk of a plan in decimal gigabytes; `undefined` if the table lacks the plan. */
export function planDiskGb(id: string): number | undefined {
  return vultrPlan(id)?.diskGb;
}
