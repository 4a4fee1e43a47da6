import { expect, test } from "vitest";
import { checkMeaning } from "../../../stacks/meaning.ts";
import { vultrSchema } from "../../../stacks/schema.ts";
import { main } from "../../../stacks/vultr.ts";
import { evaluate } from "../../../tools/preview/evaluate.ts";
import { report } from "../../../tools/preview/report.ts";
import { valueOf } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";
import { asPulumi, config } from "./fixture.ts";

const host = config()["host"] as object; // the fixture's
const withHost = (more: object) => config({ host: { ...host, ...more } });
const problems = (more: object) => checkMeaning(vultrSchema.parse(withHost(more)), "vultr.test").problems;

test("a parked generation takes the word for deleting its VM too", () => {
  expect(problems({ parked: 1 })).toEqual([
    "roost:host.parked needs the word as well: set replace: 1 beside it, run `up` once without parked, then once with it",
  ]);
  expect(problems({ parked: 1, replace: 1 })).toEqual([]);
});

test("a parked generation left behind by a new one is named, because the host would stay away", () => {
  expect(problems({ generation: 2, replace: 2, parked: 1 })).toEqual([
    "roost:host.parked must be the generation 2, got 1: correct it, or take it away to have the host back",
  ]);
});

test("a parked stack has no VM, no address and no command to reach it, and keeps its recovery kit", async () => {
  const { result, resources } = await deploy(main, { config: asPulumi(withHost({ replace: 1, parked: 1 })) });
  expect(Object.keys(result)).toEqual(["pending", "protection", "release", "recoveryKit"]);
  expect(await valueOf(result["protection"] as never)).toBe(
    "parked: to restore it, take host.parked away and set host.generation to 2",
  );
  expect(resources.some(({ type }) => type === "vultr:index/instance:Instance")).toBe(false);
});

test("a preview of a parked stack shows that it has no VM and costs nothing but its storage", async () => {
  const { preview } = await evaluate({
    stack: "vultr.test",
    raw: withHost({ replace: 1, parked: 1 }),
    unreadable: false,
    problems: [],
    warnings: [],
    hidden: [],
  });
  expect(preview.problems).toEqual([]);
  expect(preview.usdPerMonth).toBe(0);
  const text = report(preview);
  expect(text).toContain("host nest (vc2-2c-4gb in ewr, generation 1, parked: no VM)");
  expect(text).toContain("price    0 USD a month before tax");
  expect(text).toContain("parked: with its VM it costs 20 USD a month");
});
