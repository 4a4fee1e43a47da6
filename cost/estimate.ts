import { vultrPlan } from "./vultr.ts";

/** What an estimate counts. */
export interface EstimateArgs {
  /** Vultr plan id, such as `vc2-2c-4gb`. */
  readonly plan: string;
  /**
   * Whether there is no VM: Vultr bills a stopped one, and none that is deleted.
   * @default false
   */
  readonly parked?: boolean;
  /**
   * Average data in the bucket over the month, in decimal gigabytes.
   * @default not counted: a note gives the price of a gigabyte
   */
  readonly storedGb?: number;
}

/** One line of an estimate. */
export interface CostItem {
  readonly what: string;
  /** USD before tax, rounded to cents. */
  readonly usdPerMonth: number;
  readonly source: string;
  /** Date of the source, as exact as it is known. */
  readonly asOf: string;
}

/** A month's price of a host. */
export interface Estimate {
  readonly items: readonly CostItem[];
  /** Sum of the items in USD before tax; `undefined` while the price of one is not known. */
  readonly usdPerMonth: number | undefined;
  /** What the sum leaves out or is not sure of, each a sentence for the reader. */
  readonly notes: readonly string[];
}

/** Backblaze B2, pay as you go: calls of the classes A to C are free since May 2026. */
const B2 = {
  usdPerGbMonth: 0.00695,
  freeGb: 10,
  asOf: "2026-09-11",
  source: "backblaze.com/cloud-storage/pricing, a public capture",
} as const;

/** What a Vultr host costs in a month, with its B2 storage where the amount is given. */
export function monthlyUsd({ plan: id, parked = false, storedGb }: EstimateArgs): Estimate {
  const items: CostItem[] = [];
  const notes: string[] = [];

  const plan = vultrPlan(id);
  if (plan === undefined) {
    notes.push(`the price of the plan ${id} is not known: add it to cost/vultr-plans.json with its date and source`);
  } else if (parked) {
    notes.push(`parked: with its VM it costs ${plan.usdPerMonth} USD a month`);
  } else {
    items.push({ what: `Vultr ${id}`, usdPerMonth: plan.usdPerMonth, source: plan.source, asOf: plan.asOf });
    if (plan.confidence !== "sure") notes.push(`the price of ${id} comes from one source (${plan.source}): check it`);
  }

  const store = `Backblaze B2 at ${B2.usdPerGbMonth} USD per GB and month, ${B2.freeGb} GB of an account free`;
  if (storedGb === undefined) {
    notes.push(`not counted: storage in ${store} (${B2.asOf})`);
  } else {
    const usdPerMonth = cents(Math.max(0, storedGb - B2.freeGb) * B2.usdPerGbMonth);
    items.push({ what: `${storedGb} GB in ${store}`, usdPerMonth, source: B2.source, asOf: B2.asOf });
  }

  const sum = cents(items.reduce((total, item) => total + item.usdPerMonth, 0));
  return { items, usdPerMonth: plan === undefined && !parked ? undefined : sum, notes };
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
