import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parseDocument, visit } from "yaml";
import { type ConfigPath, isRecord, secretPaths, showPath } from "../agents/secret-paths.ts";
import { vultrSchema } from "./schema.ts";

/** What names the account of one config path, as written: a plain token, a normalised `op://` reference, or an app's id. */
export interface WrittenToken {
  readonly path: string;
  readonly text: string;
  readonly account: "bot" | "app";
}

/** What comparing with the other stacks' files brought. */
export interface Comparison {
  readonly problems: readonly string[];
  /** Tokens that are encrypted and therefore cannot be compared. */
  readonly warnings: readonly string[];
}

/** Every bot token and app id of a raw config, and the paths of those that are encrypted. */
export function writtenTokens(raw: unknown): { tokens: WrittenToken[]; encrypted: string[] } {
  const bots = secretPaths(vultrSchema, raw).filter(({ kind }) => kind.bot !== undefined);
  const accounts = [
    ...bots.map(({ path, value }) => ({ path, value, account: "bot" as const })),
    ...appIds(raw).map(({ path, value }) => ({ path, value, account: "app" as const })),
  ];
  const tokens: WrittenToken[] = [];
  const encrypted: string[] = [];
  for (const { path, value, account } of accounts) {
    if (typeof value === "string") tokens.push({ path: `roost:${showPath(path)}`, text: normalised(value), account });
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
    for (const { path, text, account } of own) {
      const same = theirs.get(text);
      if (same === undefined) continue;
      problems.push(
        account === "app"
          ? `${path} must not be the app of ${same} in stack ${other}: one app has one connection, so make an app for each`
          : `${path} must not be the token of ${same} in stack ${other}: one bot has one poller, so make a bot for each`,
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

/** Feishu's app ids are no secrets, so nothing in the schema marks them. */
function appIds(raw: unknown): { path: ConfigPath; value: unknown }[] {
  if (!isRecord(raw)) return [];
  const tenants = isRecord(raw["tenants"]) ? Object.entries(raw["tenants"]) : [];
  const agents: [ConfigPath, unknown][] = [
    [["master"], raw["master"]],
    ...tenants.map(([name, tenant]): [ConfigPath, unknown] => [["tenants", name], tenant]),
  ];
  return agents.flatMap(([path, agent]) =>
    isRecord(agent) && isRecord(agent["feishu"])
      ? [{ path: [...path, "feishu", "appId"], value: agent["feishu"]["appId"] }]
      : [],
  );
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
