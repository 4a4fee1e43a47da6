import type { ArtifactDifference } from "./artifacts.ts";
import type { Difference, Pair, StackDifference } from "./difference.ts";
import type { PropertyDifference, ResourceDifference } from "./resources.ts";

/** GitHub refuses a comment above 65,536 characters; the rest is for what the comment says of itself. */
export const MOST_CHARACTERS = 59_999;

/** Longest parts, in characters (`names`: a number of them): no part may crowd out the others. */
const LIMIT = { names: 4, table: 8_000, stack: 14_000, properties: 3_000, code: 300, diff: 10_000, cut: 1_500 };

/** The difference for a pull request: a table, then the stacks that differ, then folded diffs while there is room. */
export function markdown({ notes, stacks }: Difference): string {
  const head = [
    ...notes.map((note) => `- ${code(note)}`),
    ...(notes.length > 0 ? [""] : []),
    "| Stack | Resources | USD a month | User data, bytes | Release, bytes |",
    "| --- | --- | --- | --- | --- |",
    ...within(stacks.map(row), LIMIT.table, (left) => `| … and ${left} more stacks | | | | |`),
  ].join("\n");
  let room = MOST_CHARACTERS - head.length - FOOT.length - LIMIT.cut - 100;
  const cut: string[] = [];
  /** The text, or a mark in the list of what was cut. */
  const fit = (name: string, text: string): string[] => {
    if (text.length + 2 > room) {
      cut.push(name);
      return [];
    }
    room -= text.length + 2;
    return [text];
  };
  // Every stack's resources before any stack's files.
  const parts = stacks
    .filter(({ change }) => change !== "unchanged")
    .map((stack) => ({ stack, resources: fit(`all of ${stack.stack}`, section(stack)) }));
  const body = parts.flatMap(({ stack, resources }) => {
    if (resources.length === 0) return [];
    // The manifest repeats every change as digests: it gets the room that is left.
    const files = stack.artifacts.toSorted((a, b) => Number(a.path === MANIFEST) - Number(b.path === MANIFEST));
    return [...resources, ...files.flatMap((file) => fit(`${stack.stack}/${file.path}`, folded(file)))];
  });
  return `${[head, ...body, ...cutList(cut), FOOT].join("\n\n")}\n`;
}

const MANIFEST = "release.json";

const FOOT =
  "Ids, addresses and keys that a provider makes are stand-ins. What replaces a resource is read from the providers' sources; only `pulumi preview` asks the engine.";

function row(difference: StackDifference): string {
  const { stack, change, resources, bytes, usdPerMonth } = difference;
  const kinds = ["replaced", "removed", "changed", "added"] as const;
  const counts = kinds.flatMap((kind) => {
    const names = resources.filter((resource) => resource.change === kind).map(({ name }) => name);
    if (names.length === 0) return [];
    return kind === "replaced" ? `**${names.length} replaced** (${few(names)})` : `${names.length} ${kind}`;
  });
  const said = {
    added: `new stack: ${counts.join(", ")}`,
    removed: "its file is gone",
    changed: counts.join(", ") || "none",
    unchanged: "no difference",
    refused: "**refused**",
  }[change];
  const figures = [usdPerMonth, bytes.userData, bytes.release].map(figure);
  return `| ${code(stack).replaceAll("|", "\\|")} | ${said} | ${figures.join(" | ")} |`;
}

/** The first names: a release replaces its archive every time, and a VM is another matter. */
function few(names: readonly string[]): string {
  const shown = names.slice(0, LIMIT.names).map((name) => code(name).replaceAll("|", "\\|"));
  const left = names.length - shown.length;
  return [...shown, ...(left > 0 ? [`${left} more`] : [])].join(", ");
}

function figure({ before, after }: Pair): string {
  return before === after ? amount(after) : `${amount(before)} → ${amount(after)}`;
}

function amount(value: number | null): string {
  return value === null ? "–" : value.toLocaleString("en-US");
}

function section({ stack, change, resources, warnings, problems }: StackDifference): string {
  const lines = [
    ...(change === "removed" ? ["- Nothing is destroyed by that: what it made stays until `pulumi destroy`."] : []),
    ...problems.map((problem) => `- **refused:** ${code(problem)}`),
    ...resources.map(line),
    ...warnings.added.map((warning) => `- new warning: ${code(warning)}`),
    ...warnings.removed.map((warning) => `- no longer a warning: ${code(warning)}`),
  ];
  return [`### ${code(stack)}`, "", ...within(lines, LIMIT.stack, (left) => `- … and ${left} more lines`)].join("\n");
}

function line({ name, type, change, refused, about, properties }: ResourceDifference): string {
  const verb = change === "replaced" ? "**replaced**" : change;
  const detail = properties.length > 0 || about === "" ? [] : [`: ${code(about)}`];
  const protection = refused ? ["; **protected: `pulumi up` refuses this**"] : [];
  const listed = within(properties.map(property), LIMIT.properties, (left) => `  - … and ${left} more properties`);
  return [[`- ${verb} ${code(name)} (${type})`, ...detail, ...protection].join(""), ...listed].join("\n");
}

function property({ path, effect, ...sides }: PropertyDifference): string {
  const value = (side: "before" | "after") => (side in sides ? code(JSON.stringify(sides[side])) : "absent");
  const waits = effect === "waits" ? " (waits: it takes effect when the resource is replaced)" : "";
  return `  - ${code(path)}: ${value("before")} → ${value("after")}${waits}`;
}

function folded({ path, change, lines, diff }: ArtifactDifference): string {
  const name = `<code>${path.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</code>`;
  if (diff === undefined) return `- ${name} ${change}; its text is not for reading`;
  const about = path === "host.bu" ? " (user data: it reaches a host with a new generation)" : "";
  const title = `${name} ${change}: +${lines.added} −${lines.removed}${about}`;
  if (diff === "") return `- ${title}, in what only root reads`;
  const text = within(diff.split("\n"), LIMIT.diff, (left) => `… and ${left} more lines`).join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `<details><summary>${title}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>`;
}

function cutList(cut: readonly string[]): string[] {
  if (cut.length === 0) return [];
  const names = within(cut.map(code), LIMIT.cut, (left) => `and ${left} more`);
  return [`**Left out, because a comment has no room for it:** ${names.join(", ")}`];
}

/** As many lines as a limit of characters allows, and one that says how many are missing. */
function within(lines: readonly string[], limit: number, rest: (left: number) => string): string[] {
  let length = 0;
  const fitting = lines.findIndex((text) => {
    length += text.length + 2;
    return length > limit;
  });
  return fitting === -1 ? [...lines] : [...lines.slice(0, fitting), rest(lines.length - fitting)];
}

/** Text that Markdown leaves alone, cut to a length that can be read. */
function code(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ");
  const short = flat.length > LIMIT.code ? `${flat.slice(0, LIMIT.code)}…` : flat;
  const fence = "`".repeat(longestRun(short) + 1);
  const pad = fence.length > 1 ? " " : "";
  return `${fence}${pad}${short}${pad}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
