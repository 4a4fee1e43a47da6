import { describe, expect, test } from "vitest";
import { AGENT_UIDS, uidBase, uidCollisions } from "../../../quadlets/uid-map.ts";

describe("uidBase", () => {
  test("never changes for a name, because files on disk belong to it", () => {
    expect(["moltbot", "master", "frontend"].map(uidBase)).toEqual([1906362730, 1922865930, 1916518086]);
  });

  test("stays with both uids inside the range that nobody else hands out", () => {
    const bases = Array.from({ length: 20_000 }, (_, index) => uidBase(`tenant-${index}`));
    expect(Math.min(...bases)).toBeGreaterThanOrEqual(AGENT_UIDS.first);
    expect(Math.max(...bases) + 1).toBeLessThanOrEqual(AGENT_UIDS.last);
  });

  test("never overlaps the second uid of another workload", () => {
    const offsets = Array.from({ length: 1000 }, (_, index) => (uidBase(`tenant-${index}`) - AGENT_UIDS.first) % 2);
    expect(new Set(offsets)).toEqual(new Set([0]));
  });

  test("has a range of hundreds of millions above systemd's containers and below its foreign uids", () => {
    expect(AGENT_UIDS).toEqual({ first: 1_879_048_192, last: 2_147_352_575 });
  });
});

describe("uidCollisions", () => {
  test("names the pair that would share its uids", () => {
    expect(uidCollisions(["frontend", "tenant-2848", "master", "tenant-20285"])).toEqual([
      ["tenant-2848", "tenant-20285"],
    ]);
  });

  test("does not take a repeated name for a collision", () => {
    expect(uidCollisions(["frontend", "frontend"])).toEqual([]);
  });
});
