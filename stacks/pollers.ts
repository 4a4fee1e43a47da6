import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument, visit } from "yaml";
import { isRecord, secretPaths, showPath } from "../agents/secret-paths.ts";
import { vultrSchema } from "./schema.ts";

/** The bot token of one config path, as written: a plain token or a normalised `op://` reference. */
export interface WrittenToken {
  readonly path: string;
  readonly text: string;
}

/** What comparing with the other stacks' files brought. */
export interface Comparison {
  readonly problems: readonly string[];
  /** Tokens that are encrypted and therefore cannot be compared. */
  readonly warnings: readonly string[];
}

/** Every bot token of a raw config, and the paths of those that are encrypted. */
export function writtenTokens(raw: unknown): { tokens: WrittenToken[]; encrypted: string[] } {
  const tokens: WrittenToken[] = [];
  const encrypted: string[] = [];
  for (const { path, kind, value } of secretPaths(vultrSchema, raw)) {
    if (kind.bot === undefined) continue;
    if (typeof value === "string") tokens.push({ path: `roost:${showPath(path)}`, text: normalised(value) });
    else if (isRecord(value) && "secure" in value) encrypted.push(`roost:${showPath(path)}`);
  }
  return { tokens, encrypted };
}

/** Two pollers of one bot lose messages, also on two stacks: compares with every other file but the examples. */
export function compareStacks(own: readonly WrittenToken[], stack: string, folder: string): Comparison {
  if (isExample(stack)) return { problems: [], warnings: [] };
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const other of otherStacks(stack, folder)) {
    const read = readOther(join(folder, `Pulumi.${other}.yaml`));
    if ("problem" in read) {
      problems.push(`stack ${other} must be readable, so that its bots can be compared: its file ${read.problem}`);
      continue;
    }
    const { tokens, encrypted } = writtenTokens(read.raw);
    const theirs = new Map(tokens.map(({ path, text }) => [text, path]));
    for (const { path, text } of own) {
      const same = theirs.get(text);
      if (same !== undefined)
        problems.push(
          `${path} must not be the token of ${same} in stack ${other}: one bot has one poller, so make a bot for each`,
        );
    }
    if (encrypted.length > 0)
      warnings.push(
        `${encrypted.join(", ")} of stack ${other} cannot be compared with the tokens of this stack: encrypted`,
      );
  }
  return { problems, warnings };
}

/** The keys below `roost:` of a stack file, or in one line why it cannot be read; the line quotes nothing of it. */
export type StackText = { readonly raw: Record<string, unknown> } | { readonly problem: string };

/** Reads a stack file's text. */
export function readStackText(text: string): StackText {
  // Ids may be keys: as numbers they would be rounded. Messages of the parser quote lines, and with them secrets.
  const document = parseDocument(text, { stringKeys: true, logLevel: "silent" });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) return { problem: `is not YAML that Pulumi reads${placeOf(fault.linePos?.[0])}` };
  if (hasAlias(document)) return { problem: "must not use YAML aliases: write each value out" };
  const file: unknown = document.toJS();
  if (file !== null && !isRecord(file)) return { problem: "must be a map with the key config" };
  const config = file?.["config"] ?? {};
  if (!isRecord(config)) return { problem: "must have a map under the key config" };
  const own = Object.entries(config).filter(([key]) => key.startsWith("roost:"));
  return { raw: Object.fromEntries(own.map(([key, value]) => [key.slice("roost:".length), value])) };
}

function placeOf(place: { readonly line: number; readonly col: number } | undefined): string {
  return place === undefined ? "" : `, see line ${place.line}, column ${place.col}`;
}

function hasAlias(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function readOther(file: string): StackText {
  try {
    return readStackText(readFileSync(file, "utf8"));
  } catch (error) {
    return {
      problem: `cannot be opened (${error instanceof Error && "code" in error ? String(error.code) : "unknown"})`,
    };
  }
}

/** 1Password takes references without regard to case. */
function normalised(text: string): string {
  return text.startsWith("op://") ? text.toLowerCase() : text;
}

function isExample(stack: string): boolean {
  return stack.endsWith(".example");
}

function otherStacks(stack: string, folder: string): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .filter((other) => other !== stack && !isExample(other))
    .toSorted();
}
