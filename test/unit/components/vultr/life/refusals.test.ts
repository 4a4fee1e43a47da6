import { expect, test } from "vitest";
import { bornIn } from "../../../../../components/vultr/life/born.ts";
import { keyProblem, taggedGeneration, wordProblem } from "../../../../../components/vultr/life/refusals.ts";

test("lets a VM go on the word for its generation alone", () => {
  expect(wordProblem(3, 3)).toBeUndefined();
  expect(wordProblem(3, 2)).toBe(
    "only the word lets the VM go: set roost:host.replace: 3 (it has 2) and run `up`, also before a destroy; or take the new generation back",
  );
  expect(wordProblem(3, undefined)).toContain("(it has nothing)");
});

const KEY = { expiresAt: "2026-01-01T02:00:00Z", urn: "urn:pulumi:vultr.prod::roost::a$b::host-tailnet-g3" };

test("takes a tailnet key that is good for more than an hour", () => {
  expect(keyProblem(KEY, "vultr.prod", Date.parse("2026-01-01T00:59:59Z"))).toBeUndefined();
});

test("refuses a tailnet key within its last hour, with the command that makes another", () => {
  expect(keyProblem(KEY, "vultr.prod", Date.parse("2026-01-01T01:00:00Z"))).toBe(
    "the tailnet key for the new host is good only until 2026-01-01T02:00:00Z, and a host needs it for up to an hour: make another with pulumi up --stack vultr.prod --replace 'urn:pulumi:vultr.prod::roost::a$b::host-tailnet-g3'",
  );
});

test("refuses a tailnet key whose time nobody can read", () => {
  expect(keyProblem({ ...KEY, expiresAt: "soon" }, "vultr.prod", 0)).toContain("good only until soon");
});

test("reads a VM's generation from its tags", () => {
  expect(taggedGeneration(["roost", "vultr.g7", "g12"])).toBe(12);
  expect(taggedGeneration(["roost", "g1x"])).toBeUndefined();
  expect(taggedGeneration(undefined)).toBeUndefined();
});

test("finds in a saved state the workloads of one release, but for those of a later generation", () => {
  const urn = (name: string) => `urn:pulumi:vultr.prod::roost::roost:release:HostRelease$pulumi:index:Stash::${name}`;
  const stash = { type: "pulumi:index:Stash", outputs: { output: 1 } };
  const outputs = {
    [urn("release-born-host")]: stash,
    [urn("release-born-frontend")]: stash,
    [urn("other-release-born-ops")]: stash,
    [urn("store-root")]: stash,
    [urn("release-born-file")]: { type: "backblaze:index:BucketFile", outputs: {} },
    [urn("release-born-next")]: { type: "pulumi:index:Stash", outputs: { output: 3 } },
  };
  expect(bornIn({ outputs }, "release-born-", 2)).toEqual(["host", "frontend"]);
});
