import type { z } from "zod";
import { brief } from "./keys.ts";
import type { Problem } from "./problem.ts";
import { showPath } from "./secret-paths.ts";

/** What a schema made of a value, or every problem of its shape. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** Checks a plain value against a schema: types, keys and forms of single values; the schema's messages complete the sentence that the path begins. */
export function parseArgs<S extends z.ZodType>(schema: S, raw: unknown): Parsed<z.output<S>> {
  const parsed = schema.safeParse(raw);
  return parsed.success ? { value: parsed.data } : { problems: parsed.error.issues.map(problemOf) };
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key));
  if (issue.code !== "invalid_key") return { path: showPath(path), message: issue.message };
  // A key that the schema refuses may be a token that was pasted in the wrong place.
  const shown = brief(String(path.at(-1))).startsWith('"') || path.at(-1) === "*" ? path : path.slice(0, -1);
  return { path: showPath(shown), message: issue.issues[0]?.message ?? issue.message };
}
