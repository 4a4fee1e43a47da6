import { describe, expect, test } from "vitest";
import { planDiskGb, planMemoryMib, vultrPlan, vultrPlanIds } from "../../../cost/vultr.ts";

describe("the table of Vultr plans", () => {
  test("knows a plan with its machine, its price, the date and the source", () => {
    expect(vultrPlan("vc2-2c-4gb")).toEqual({
      id: "vc2-2c-4gb",
      vcpus: 2,
      memoryMib: 4096,
      diskGb: 80,
      usdPerMonth: 20,
      asOf: "2026",
      confidence: "sure",
      source: "public price grid (github.com/rvnheaxf/vultr-pricing-analysis) and a public copy of GET /v2/plans",
    });
  });

  test("has 34 plans", () => {
    expect(vultrPlanIds).toHaveLength(34);
  });

  test.each(vultrPlanIds)("%s has the memory and the CPUs that its id says", (id) => {
    const plan = vultrPlan(id);
    const cpus = Number(/-(\d+)c-/.exec(id)?.[1]);
    expect({ memoryMib: plan?.memoryMib, vcpus: plan?.vcpus }).toEqual({ memoryMib: planMemoryMib(id), vcpus: cpus });
  });

  test.each(vultrPlanIds)("%s has a price, a disk, a date and a source", (id) => {
    const plan = vultrPlan(id);
    expect(plan?.usdPerMonth).toBeGreaterThanOrEqual(5);
    expect(plan?.diskGb).toBeGreaterThanOrEqual(25);
    expect(plan?.asOf).toMatch(/^(20\d\d(-\d\d-\d\d)?|undated)$/);
    expect(plan?.source).not.toBe("");
    expect(plan?.confidence).toMatch(/^(sure|probable)$/);
  });

  test("says of an undated price that it is only probable", () => {
    const undated = vultrPlanIds.map(vultrPlan).filter((plan) => plan?.asOf === "undated");
    expect(new Set(undated.map((plan) => plan?.confidence))).toEqual(new Set(["probable"]));
  });

  test("gives a plan of the region sao half as much again, on the same machine", () => {
    expect(vultrPlan("vc2-1c-1gb-sc1")).toEqual({ ...vultrPlan("vc2-1c-1gb"), id: "vc2-1c-1gb-sc1", usdPerMonth: 7.5 });
  });

  test.each(["vc2-3c-5gb", "vc2-3c-5gb-sc1", "-sc1", "", "constructor"])("does not know %j", (id) => {
    expect(vultrPlan(id)).toBeUndefined();
    expect(planDiskGb(id)).toBeUndefined();
  });

  test("gives the disk of a plan, in the region sao too", () => {
    expect([planDiskGb("vhf-3c-8gb"), planDiskGb("vhf-3c-8gb-sc1")]).toEqual([256, 256]);
  });
});

describe("the memory in a plan's id", () => {
  test.each([
    ["vc2-2c-4gb", 4096],
    ["vc2-2c-4gb-sc1", 4096],
    ["vhp-4c-12gb-amd", 12_288],
    ["vhp-4c-12gb-amd-sc1", 12_288],
    ["vc2-1c-0.5gb", 512],
    ["vc2-1c-0.5gb-free", 512],
    ["vhf-16c-58gb", 59_392],
    ["voc-g-2c-8gb-50s-amd", 8192],
    ["voc-m-24c-192gb-2400s-amd", 196_608],
  ])("of %s is %d MiB", (id, memoryMib) => {
    expect(planMemoryMib(id)).toBe(memoryMib);
  });

  test.each(["", "vc2-2c", "vc2-2c-gb", "vc2-2c-4gbit", "2c-4gb", "VC2-2C-4GB", "vcg-l40s-64c-750g-192vram"])(
    "of %j is not known",
    (id) => {
      expect(planMemoryMib(id)).toBeUndefined();
    },
  );
});
