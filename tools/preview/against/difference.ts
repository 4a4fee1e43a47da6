import { join } from "node:path";
import { type ArtifactDifference, compareArtifacts } from "./artifacts.ts";
import { previewedStacks, readArtifacts, readPreview, type SavedPreview } from "./folder.ts";
import { compareResources, type ResourceDifference } from "./resources.ts";

/** The difference between two folders of previews; the shape of `--against DIR --json`. */
export interface Difference {
  /** What the comparison could not do. */
  readonly notes: readonly string[];
  readonly stacks: readonly StackDifference[];
}

/** A figure before and after; `null` where it is not known or the stack is not there. */
export interface Pair {
  readonly before: number | null;
  readonly after: number | null;
}

/** What differs in one stack. */
export interface StackDifference {
  readonly stack: string;
  /** `refused`: the later preview has problems, and nothing else is compared. */
  readonly change: "added" | "removed" | "changed" | "unchanged" | "refused";
  readonly resources: readonly ResourceDifference[];
  readonly artifacts: readonly ArtifactDifference[];
  /** Sizes as they travel, all hosts together. */
  readonly bytes: { readonly userData: Pair; readonly release: Pair };
  /** Before tax. */
  readonly usdPerMonth: Pair;
  readonly warnings: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly problems: readonly string[];
}

const NOTHING: SavedPreview = {
  resources: [],
  bytes: { userData: 0, release: 0 },
  usdPerMonth: null,
  warnings: [],
  problems: [],
};

/**
 * Compares the previews of these stacks in two folders.
 * @param gone stacks of the earlier folder that do not exist any more
 */
export function compareFolders(
  before: string,
  after: string,
  stacks: readonly string[],
  gone: readonly string[],
): Difference {
  const notes: string[] = [];
  if (previewedStacks(before).length === 0) notes.push("there is no earlier preview, so every stack counts as new");
  const compared = stacks.map((stack) => {
    const earlier = readPreview(join(before, stack));
    if (typeof earlier === "string") notes.push(`${stack} counts as new: its earlier ${earlier}`);
    const usable = typeof earlier === "string" ? undefined : earlier;
    const refused = usable !== undefined && usable.problems.length > 0;
    if (refused) notes.push(`${stack} counts as new: it was refused before`);
    return compareStack(stack, join(before, stack), refused ? undefined : usable, join(after, stack));
  });
  return {
    notes,
    stacks: [...compared, ...gone.map((stack) => removedStack(stack, readPreview(join(before, stack))))],
  };
}

function compareStack(
  stack: string,
  beforeFolder: string,
  saved: SavedPreview | undefined,
  afterFolder: string,
): StackDifference {
  const after = readPreview(afterFolder);
  if (after === undefined || typeof after === "string") throw new Error(`${afterFolder} holds no preview`);
  const before = saved ?? NOTHING;
  const refused = after.problems.length > 0;
  const resources = refused ? [] : compareResources(before.resources, after.resources);
  const artifacts = refused
    ? []
    : compareArtifacts(saved === undefined ? new Map() : readArtifacts(beforeFolder), readArtifacts(afterFolder));
  const warnings = {
    added: after.warnings.filter((warning) => !before.warnings.includes(warning)),
    removed: before.warnings.filter((warning) => !after.warnings.includes(warning)),
  };
  const pair = (figure: (preview: SavedPreview) => number | null): Pair => ({
    before: saved === undefined ? null : figure(saved),
    after: refused ? null : figure(after),
  });
  const figures = {
    bytes: { userData: pair(({ bytes }) => bytes.userData), release: pair(({ bytes }) => bytes.release) },
    usdPerMonth: pair(({ usdPerMonth }) => usdPerMonth),
  };
  const same =
    [resources, artifacts, warnings.added, warnings.removed].every(({ length }) => length === 0) &&
    [figures.bytes.userData, figures.bytes.release, figures.usdPerMonth].every((each) => each.before === each.after);
  const change = refused ? "refused" : saved === undefined ? "added" : same ? "unchanged" : "changed";
  return { stack, change, resources, artifacts, ...figures, warnings, problems: after.problems };
}

function was(before: number | null): Pair {
  return { before, after: null };
}

/** A file that is gone destroys nothing: its resources stay until somebody destroys the stack. */
function removedStack(stack: string, saved: SavedPreview | string | undefined): StackDifference {
  const { bytes, usdPerMonth } = typeof saved === "object" ? saved : NOTHING;
  return {
    stack,
    change: "removed",
    resources: [],
    artifacts: [],
    bytes: { userData: was(bytes.userData), release: was(bytes.release) },
    usdPerMonth: was(usdPerMonth),
    warnings: { added: [], removed: [] },
    problems: [],
  };
}
