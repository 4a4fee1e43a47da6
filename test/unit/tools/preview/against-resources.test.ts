import { describe, expect, test } from "vitest";
import type { SavedResource } from "../../../../tools/preview/against/folder.ts";
import { KNOWN_TYPES, replaces } from "../../../../tools/preview/against/replacing.ts";
import { compareResources } from "../../../../tools/preview/against/resources.ts";
import { COMPUTED_TYPES } from "../../../../tools/preview/computed.ts";

const INSTANCE = "vultr:index/instance:Instance";
const GROUP = "vultr:index/firewallGroup:FirewallGroup";
const BUCKET = "backblaze:index:Bucket";

const resource = (more: Partial<SavedResource> = {}): SavedResource => ({
  urn: `urn:pulumi:s::roost::${more.type ?? GROUP}::${more.name ?? "r"}`,
  type: GROUP,
  name: "r",
  custom: true,
  protect: false,
  deleteBeforeReplace: false,
  ignoreChanges: [],
  about: "",
  inputs: {},
  ...more,
});

const compared = (before: Partial<SavedResource>, after: Partial<SavedResource>) =>
  compareResources([resource(before)], [resource(after)]);

const changes = (before: Partial<SavedResource>, after: Partial<SavedResource>) =>
  compared(before, after).map(({ change, properties }) => [change, properties.map(({ path }) => path)]);

describe("the table of what replaces a resource", () => {
  test("knows every type that a preview can hold", () => {
    expect(KNOWN_TYPES.toSorted()).toEqual(COMPUTED_TYPES.toSorted());
  });

  test("refuses any other type", () => {
    expect(() => replaces("vultr:index/vpc:Vpc", "region")).toThrow(
      "preview does not know what replaces a vultr:index/vpc:Vpc: add it to tools/preview/against/replacing.ts",
    );
  });

  test.each([
    ["backblaze:index:ApplicationKey", "capabilities", "replaced"],
    [BUCKET, "bucketName", "replaced"],
    [BUCKET, "lifecycleRules", "changed"],
    ["backblaze:index:BucketFile", "fileName", "replaced"],
    ["backblaze:index:BucketFile", "sha256", "changed"],
    ["pulumi:index:Stash", "input", "changed"],
    ["tailscale:index/tailnetKey:TailnetKey", "tags", "replaced"],
    ["tailscale:index/tailnetKey:TailnetKey", "recreateIfInvalid", "changed"],
    [GROUP, "description", "changed"],
    ["vultr:index/firewallRule:FirewallRule", "notes", "replaced"],
    [INSTANCE, "region", "replaced"],
    [INSTANCE, "plan", "changed"],
  ])("says of %s with another %s that it is %s", (type, input, change) => {
    expect(changes({ type, inputs: { [input]: "a" } }, { type, inputs: { [input]: "b" } })).toEqual([
      [change, [input]],
    ]);
  });
});

describe("two lists of resources", () => {
  test("that are equal differ in nothing", () => {
    expect(compared({ inputs: { tags: ["a"] } }, { inputs: { tags: ["a"] } })).toEqual([]);
  });

  test("differ by URN: another name is one removed and one added", () => {
    expect(compareResources([resource({ name: "a" })], [resource({ name: "b", about: "new" })])).toEqual([
      { ...whole("a"), change: "removed" },
      { ...whole("b"), change: "added", about: "new" },
    ]);
  });

  const whole = (name: string) => ({
    urn: `urn:pulumi:s::roost::${GROUP}::${name}`,
    type: GROUP,
    name,
    refused: false,
    about: "",
    properties: [],
  });

  test("show what deletes something first", () => {
    const before = [
      resource({ name: "gone" }),
      resource({ name: "kept", inputs: { description: "a" } }),
      resource({ name: "moved", type: BUCKET, inputs: { bucketName: "a" } }),
    ];
    const after = [
      resource({ name: "another" }),
      resource({ name: "kept", inputs: { description: "b" } }),
      resource({ name: "moved", type: BUCKET, inputs: { bucketName: "b" } }),
    ];
    expect(compareResources(before, after).map(({ name }) => name)).toEqual(["moved", "gone", "kept", "another"]);
  });
});

describe("the properties of a resource that differs", () => {
  test("have both values, and their place within maps and lists of maps", () => {
    const rules = (days: number) => [{ fileNamePrefix: "" }, { fileNamePrefix: "x/", daysFromHidingToDeleting: days }];
    const [found] = compared(
      { type: BUCKET, inputs: { bucketInfo: { stack: "a", same: "1" }, lifecycleRules: rules(30) } },
      { type: BUCKET, inputs: { bucketInfo: { stack: "b", same: "1" }, lifecycleRules: rules(60) } },
    );
    expect(found?.properties).toEqual([
      { path: "bucketInfo.stack", before: "a", after: "b", effect: "updates" },
      { path: "lifecycleRules[1].daysFromHidingToDeleting", before: 30, after: 60, effect: "updates" },
    ]);
  });

  test("show a list of plain values whole", () => {
    expect(compared({ inputs: { tags: ["a"] } }, { inputs: { tags: ["a", "b"] } })[0]?.properties).toEqual([
      { path: "tags", before: ["a"], after: ["a", "b"], effect: "updates" },
    ]);
  });

  test("lack the side on which they are absent", () => {
    expect(compared({ inputs: { a: 1 } }, { inputs: { b: 2 } })[0]?.properties).toEqual([
      { path: "a", before: 1, effect: "updates" },
      { path: "b", after: 2, effect: "updates" },
    ]);
  });

  test("wait where the engine overlooks them, and replace nothing", () => {
    const frozen = { type: INSTANCE, ignoreChanges: ["region"] };
    const [found] = compared({ ...frozen, inputs: { region: "fra" } }, { ...frozen, inputs: { region: "ewr" } });
    expect(found?.change).toBe("changed");
    expect(found?.properties).toEqual([{ path: "region", before: "fra", after: "ewr", effect: "waits" }]);
  });

  test("all take effect when the resource is replaced", () => {
    const vm = (generation: number, region: string) => ({
      type: INSTANCE,
      ignoreChanges: ["region"],
      replacementTrigger: generation,
      inputs: { region },
    });
    const [found] = compared(vm(1, "fra"), vm(2, "ewr"));
    expect(found?.change).toBe("replaced");
    expect(found?.properties).toEqual([
      { path: "options.replacementTrigger", before: 1, after: 2, effect: "replaces" },
      { path: "region", before: "fra", after: "ewr", effect: "replaces" },
    ]);
  });

  test("do not replace where a trigger appears or goes, as in the engine", () => {
    expect(changes({}, { replacementTrigger: 1 })).toEqual([["changed", ["options.replacementTrigger"]]]);
    expect(changes({ replacementTrigger: 1 }, {})).toEqual([["changed", ["options.replacementTrigger"]]]);
  });

  test("replace no component, which is nothing but state", () => {
    const component = { type: "roost:vultr:UcoreHost", custom: false };
    expect(changes({ ...component, inputs: { region: "fra" } }, { ...component, inputs: { region: "ewr" } })).toEqual([
      ["changed", ["region"]],
    ]);
  });

  test("include the options that decide what the engine may do", () => {
    expect(changes({}, { protect: true, deleteBeforeReplace: true, ignoreChanges: ["tags"] })).toEqual([
      ["changed", ["options.protect", "options.deleteBeforeReplace", "options.ignoreChanges"]],
    ]);
  });
});

describe("protection", () => {
  const renamed = (protect: boolean) =>
    compared(
      { type: BUCKET, protect: true, inputs: { bucketName: "a" } },
      { type: BUCKET, protect, inputs: { bucketName: "b" } },
    )[0];

  test("refuses a replacement while the new state still asks for it", () => {
    expect(renamed(true)).toMatchObject({ change: "replaced", refused: true });
    expect(renamed(false)).toMatchObject({ change: "replaced", refused: false });
  });

  test("refuses a removal, as the old state says", () => {
    expect(compareResources([resource({ protect: true })], [])[0]).toMatchObject({ change: "removed", refused: true });
  });

  test("refuses no update", () => {
    expect(
      compared({ protect: true, inputs: { description: "a" } }, { protect: true, inputs: { description: "b" } })[0],
    ).toMatchObject({ change: "changed", refused: false });
  });
});
