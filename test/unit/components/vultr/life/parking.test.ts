import { expect, test } from "vitest";
import { parkingProblem } from "../../../../../components/vultr/life/refusals.ts";

const problem =
  "generation 3 was parked and cannot come back: set roost:host.generation: 4, which restores its last snapshots";

test.each([
  ["nothing was parked", 0, 0, 3, undefined],
  ["it goes", 0, 3, 3, undefined],
  ["it stays away", 3, 3, 3, undefined],
  ["it comes back as it was", 3, 0, 3, problem],
  ["it comes back as one before it", 3, 0, 2, problem],
  ["its successor comes", 3, 0, 4, undefined],
])("when %s", (_what, parked, next, generation, expected) => {
  expect(parkingProblem(parked, next, generation)).toBe(expected);
});
