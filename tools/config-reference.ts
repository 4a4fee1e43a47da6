import { z } from "zod";
import { type SecretKind, secretKind } from "../agents/secret-leaf.ts";
import { vultrSchema } from "../stacks/schema.ts";

const BEGIN = "<!-- config reference: written by `npm run docs` from the schema -->";
const END = "<!-- end of config reference -->";

/** What JSON Schema says of one key. */
interface Property {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Property | boolean;
  readonly items?: Property;
  /** Our own mark of a secret leaf. */
  readonly "x-secret"?: string;
}

/** The config reference as a Markdown table, one row per key. */
export function configReference(): string {
  const schema = z.toJSONSchema(vultrSchema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const kind: SecretKind | undefined = secretKind(zodSchema);
      if (kind !== undefined) Object.assign(jsonSchema, { "x-secret": kind.what });
    },
  }) as Property; // the subset above is all that is read
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
    rowsOf(`roost:${key}`, property, schema.required?.includes(key) ?? false),
  );
  return ["| Key | Value | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The README's text with the reference of today's schema in it. */
export function withReference(readme: string): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`README.md must have the lines "${BEGIN}" and "${END}"`);
  return `${before}${BEGIN}\n\n${configReference()}\n\n${END}${after}`;
}

function rowsOf(path: string, property: Property, required: boolean): string[] {
  const row = `| \`${path}\` | ${valueOf(property)} | ${defaultOf(property, required)} | ${property.description ?? ""} |`;
  const children = Object.entries(property.properties ?? {}).flatMap(([key, child]) =>
    rowsOf(`${path}.${key}`, child, property.required?.includes(key) ?? false),
  );
  const entry = property.additionalProperties;
  const entries =
    typeof entry === "object" && entry.properties !== undefined ? rowsOf(`${path}.<name>`, entry, true) : [];
  return [row, ...children, ...entries];
}

function valueOf(property: Property): string {
  if (property["x-secret"] !== undefined) return `secret: ${property["x-secret"]}`;
  if (property.enum !== undefined) return property.enum.map((value) => `\`${String(value)}\``).join(" or ");
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (property.items !== undefined) return "list";
  if (property.type === "object") return "map";
  return String(property.type ?? "");
}

function defaultOf(property: Property, required: boolean): string {
  if (property.default !== undefined)
    return property.type === "object" ? "" : `\`${JSON.stringify(property.default)}\``;
  return required ? "required" : "";
}
