import { parseArgs } from "../agents/parse.ts";
import { type VultrConfig, vultrSchema } from "./schema.ts";

/** A checked config, or every problem of its shape. */
export type Shape = { readonly config: VultrConfig } | { readonly problems: readonly string[] };

/** The first round: types, keys and forms of single values. */
export function checkShape(raw: unknown): Shape {
  const parsed = parseArgs(vultrSchema, raw);
  if ("value" in parsed) return { config: parsed.value };
  return { problems: parsed.problems.map(({ path, message }) => `roost:${path} ${message}`) };
}
