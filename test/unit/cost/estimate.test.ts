import { describe, expect, test } from "vitest";
import { monthlyUsd } from "../../../cost/estimate.ts";

const storageNote =
  "not counted: storage in Backblaze B2 at 0.00695 USD per GB and month, 10 GB of an account free (2026-09-11)";

describe("a host's month", () => {
  test("costs what its plan costs, with the date and the source", () => {
    expect(monthlyUsd({ plan: "vc2-2c-4gb" })).toEqual({
      items: [
        {
          what: "Vultr vc2-2c-4gb",
          usdPerMonth: 20,
          source: "public price grid (github.com/rvnheaxf/vultr-pricing-analysis) and a public copy of GET /v2/plans",
          asOf: "2026",
        },
      ],
      usdPerMonth: 20,
      notes: [storageNote],
    });
  });

  test("costs no VM while it is parked, and says what it costs with one", () => {
    expect(monthlyUsd({ plan: "vc2-2c-4gb", parked: true })).toEqual({
      items: [],
      usdPerMonth: 0,
      notes: ["parked: with its VM it costs 20 USD a month", storageNote],
    });
    expect(monthlyUsd({ plan: "vc2-unknown", parked: true }).usdPerMonth).toBe(0);
  });

  test("counts the stored gigabytes above the free ones", () => {
    const { items, usdPerMonth, notes } = monthlyUsd({ plan: "vc2-1c-2gb", storedGb: 110 });
    expect(items[1]).toEqual({
      what: "110 GB in Backblaze B2 at 0.00695 USD per GB and month, 10 GB of an account free",
      usdPerMonth: 0.7,
      source: "backblaze.com/cloud-storage/pricing, a public capture",
      asOf: "2026-09-11",
    });
    expect(usdPerMonth).toBe(10.7);
    expect(notes).toEqual([]);
  });

  test.each([0, 3, 10])("stores %d GB for nothing", (storedGb) => {
    expect(monthlyUsd({ plan: "vc2-1c-2gb", storedGb }).usdPerMonth).toBe(10);
  });

  test("adds up in cents", () => {
    // 24 + 0.0695, which is not exact in binary and has two digits too many for money
    expect(monthlyUsd({ plan: "vhf-2c-4gb", storedGb: 20 }).usdPerMonth).toBe(24.07);
  });

  test("warns of a price with one source", () => {
    expect(monthlyUsd({ plan: "vc2-6c-16gb", storedGb: 0 }).notes).toEqual([
      "the price of vc2-6c-16gb comes from one source (public copy of `vultr-cli plans list`): check it",
    ]);
  });

  test("has no sum when the plan is not in the table, but still the price of the storage", () => {
    const { items, usdPerMonth, notes } = monthlyUsd({ plan: "vc2-3c-5gb", storedGb: 20 });
    expect(usdPerMonth).toBeUndefined();
    expect(items.map((item) => item.usdPerMonth)).toEqual([0.07]);
    expect(notes).toEqual([
      "the price of the plan vc2-3c-5gb is not known: add it to cost/vultr-plans.json with its date and source",
    ]);
  });
});
