import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../../agents/secret-paths.ts";
import type { SavedResource } from "./folder.ts";
import { replaces } from "./replacing.ts";

/** A property that differs; a side is absent where the resource has no such property. */
export interface PropertyDifference {
  /** Such as `lifecycleRules[0].daysFromHidingToDeleting`; options of the resource are `options.protect` and the like. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** `waits`: the engine overlooks it until the resource is replaced. */
  readonly effect: "replaces" | "updates" | "waits";
}

/** A resource that differs between two previews of a stack. */
export interface ResourceDifference {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly change: "replaced" | "removed" | "changed" | "added";
  /** Protected, so that `pulumi up` refuses to delete what this change would delete. */
  readonly refused: boolean;
  /** What matters about it, in a few words. */
  readonly about: string;
  /** Empty for one that is added or removed. */
  readonly properties: readonly PropertyDifference[];
}

const ORDER = ["replaced", "removed", "changed", "added"];

/** Compares the resources of a stack by URN, as the engine does; what deletes something comes first. */
export function compareResources(
  before: readonly SavedResource[],
  after: readonly SavedResource[],
): ResourceDifference[] {
  const earlier = new Map(before.map((resource) => [resource.urn, resource]));
  const later = new Set(after.map(({ urn }) => urn));
  const removed = before.filter(({ urn }) => !later.has(urn)).map((resource) => whole(resource, "removed"));
  const others = after.flatMap((resource) => {
    const old = earlier.get(resource.urn);
    return old === undefined ? whole(resource, "added") : changed(old, resource);
  });
  return [...removed, ...others].toSorted((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change));
}

function whole(resource: SavedResource, change: "added" | "removed"): ResourceDifference {
  const { urn, type, name, about } = resource;
  return { urn, type, name, change, refused: change === "removed" && resource.protect, about, properties: [] };
}

function changed(before: SavedResource, after: SavedResource): ResourceDifference[] {
  const found = [...optionDifferences(before, after), ...inputDifferences(before, after)];
  if (found.length === 0) return [];
  const replaced = found.some(({ effect }) => effect === "replaces");
  const { urn, type, name, about, protect } = after;
  return [
    {
      urn,
      type,
      name,
      change: replaced ? "replaced" : "changed",
      refused: replaced && protect,
      about,
      // The new resource takes every input, also those that the old one overlooked.
      properties: replaced ? found.map((property) => ({ ...property, effect: "replaces" })) : found,
    },
  ];
}

function optionDifferences(before: SavedResource, after: SavedResource): PropertyDifference[] {
  const trigger = "options.replacementTrigger";
  // The engine replaces when one value follows another, not when a trigger appears or goes.
  const effect: PropertyDifference["effect"] =
    before.replacementTrigger === undefined || after.replacementTrigger === undefined ? "updates" : "replaces";
  return [
    ...differences(trigger, before.replacementTrigger, after.replacementTrigger).map((found) => ({ ...found, effect })),
    ...differences("options.protect", before.protect, after.protect),
    ...differences("options.deleteBeforeReplace", before.deleteBeforeReplace, after.deleteBeforeReplace),
    ...differences("options.ignoreChanges", before.ignoreChanges, after.ignoreChanges),
  ];
}

function inputDifferences(before: SavedResource, after: SavedResource): PropertyDifference[] {
  const inputs = [...new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])];
  return inputs.flatMap((input) => {
    const found = differences(input, before.inputs[input], after.inputs[input]);
    if (after.ignoreChanges.includes(input))
      return found.map((property) => ({ ...property, effect: "waits" as const }));
    if (found.length === 0 || !after.custom || !replaces(after.type, input)) return found;
    return found.map((property) => ({ ...property, effect: "replaces" as const }));
  });
}

/** Every leaf that differs below a path; a list of plain values is one leaf. */
function differences(path: string, before: unknown, after: unknown): PropertyDifference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(`${path}.${key}`, before[key], after[key]));
  }
  if (isListOfMaps(before) && isListOfMaps(after)) {
    const longer = before.length > after.length ? before : after;
    return longer.flatMap((_, index) => differences(`${path}[${index}]`, before[index], after[index]));
  }
  const sides = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  return [{ path, ...sides, effect: "updates" }];
}

function isListOfMaps(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isRecord);
}
