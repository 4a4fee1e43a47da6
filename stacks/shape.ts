import { parseArgs } from "../agents/parse.ts";
import { type VultrConfig, vultrSchema } from "./schema.ts";

/** A checked config, or every problem of its shape. */
export type Shape = { readonly config: VultrConfig } | { readonly problems: readonly string[] };

/** The first round: types, keys and forms of single values. */
export function checkShape(raw: unknown): Shape {
  const parsed = parseArgs(vultrSchema, raw);
  const problems = "problems" in parsed ? parsed.problems.map(({ path, message }) => `roost:${path} ${message}`) : [];
  // zod passes it over, and a tenant of that name would silently not exist.
  if (hasKey(raw, "__proto__")) problems.push('roost: must not have the key "__proto__" anywhere');
  return "value" in parsed && problems.length === 0 ? { config: parsed.value } : { problems };
}

function hasKey(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).includes(key) || Object.values(value).some((part) => hasKey(part, key));
}
