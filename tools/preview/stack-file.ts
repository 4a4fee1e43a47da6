import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { placeholderOf, type SecretKind } from "../../agents/secret-leaf.ts";
import { type ConfigPath, isRecord, replaceAt, secretPaths, showPath } from "../../agents/secret-paths.ts";
import { readStackText, writtenTokens } from "../../stacks/pollers.ts";
import { vultrSchema } from "../../stacks/schema.ts";

/** A stack file's own keys as written, and what is wrong with how they are written. */
export interface StackFile {
  readonly stack: string;
  /** Nothing of it could be read; `problems` says why. */
  readonly unreadable: boolean;
  /** Keys below `roost:`, as written. */
  readonly raw: Record<string, unknown>;
  /** Paths that are encrypted where the schema wants plain values. */
  readonly hidden: readonly string[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads a stack file; `stack` is the name it stands for. */
export function readStackFile(file: string, stack: string): StackFile {
  const read = readStackText(readFileSync(file, "utf8"));
  if ("problem" in read)
    return {
      stack,
      unreadable: true,
      raw: {},
      hidden: [],
      problems: [`${basename(file)} ${read.problem}`],
      warnings: [],
    };
  const { raw } = read;
  const secrets = secretPaths(vultrSchema, raw);
  const hidden = hiddenParts(
    raw,
    secrets.map(({ path }) => showPath(path)),
  );
  return {
    stack,
    unreadable: false,
    raw,
    hidden,
    problems: [...hidden.map(hiddenProblem), ...repeatedTexts(raw)],
    warnings: secrets.flatMap(({ path, value }) =>
      typeof value === "string" && !value.startsWith("op://")
        ? [
            `roost:${showPath(path)} stands in the file in plain text: write op://vault/item/field, or \`pulumi config set --secret --path 'roost:${showPath(path)}'\``,
          ]
        : [],
    ),
  };
}

/** The config with encrypted leaves made readable, so that every other leaf is checked as it is written. */
export function withoutCiphertext(raw: Record<string, unknown>): unknown {
  const encrypted = secretPaths(vultrSchema, raw).filter(({ value }) => typeof value !== "string");
  return replaceAt(raw, encrypted.filter(({ value }) => isSecure(value)).map(standIn));
}

/** The config that the program gets: every secret leaf is a stand-in, and so is the root that makes previews repeatable. */
export function withPlaceholders(raw: Record<string, unknown>): unknown {
  const root = { path: ["store", "root"], kind: rootKind() };
  return replaceAt(raw, [...secretPaths(vultrSchema, raw), root].map(standIn));
}

function standIn({ path, kind }: { readonly path: ConfigPath; readonly kind: SecretKind }) {
  return { path, value: placeholderOf(kind, showPath(path)) };
}

function rootKind(): SecretKind {
  const [found] = secretPaths(vultrSchema, { store: { root: "" } });
  if (found === undefined) throw new Error("the schema has no secret leaf store.root");
  return found.kind;
}

/** Pulumi writes an encrypted value as a map with this one key. */
function isSecure(value: unknown): boolean {
  return isRecord(value) && typeof value["secure"] === "string" && Object.keys(value).length === 1;
}

/** Encrypted where the schema wants a plain value: nobody could review it. */
function hiddenParts(value: unknown, secrets: readonly string[], path: ConfigPath = []): string[] {
  if (isSecure(value)) return secrets.includes(showPath(path)) ? [] : [showPath(path)];
  if (Array.isArray(value)) return value.flatMap((item, index) => hiddenParts(item, secrets, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => hiddenParts(item, secrets, [...path, key]));
}

/** The same token twice within the file, by text: the program sees stand-ins and could not tell. */
function repeatedTexts(raw: unknown): string[] {
  const seen = new Map<string, string>();
  return writtenTokens(raw).tokens.flatMap(({ path, text }) => {
    const first = seen.get(text);
    if (first === undefined) {
      seen.set(text, path);
      return [];
    }
    return [`${path} must not be the token of ${first}: two pollers of one bot lose messages, so make a bot for each`];
  });
}

function hiddenProblem(path: string): string {
  return `roost:${path} must not be encrypted as a whole: only secret leaves may be, so that the rest can be reviewed`;
}
