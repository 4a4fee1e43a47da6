import type { z } from "zod";
import type { Problem } from "./problem.ts";
import { showPath } from "./secret-paths.ts";

/** What a schema made of a value, or every problem of its shape. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** Checks a plain value against a schema: types, keys and forms of single values; no message holds a value that the schema does not show. */
export function parseArgs<S extends z.ZodType>(schema: S, raw: unknown): Parsed<z.output<S>> {
  const parsed = schema.safeParse(raw, { error: sentence });
  return parsed.success ? { value: parsed.data } : { problems: parsed.error.issues.map(problemOf) };
}

/** Completes the sentence that a path begins, where the schema has no words of its own. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") {
    const wanted = nameOf(issue.expected);
    return issue.input === undefined
      ? `is missing: it must be ${wanted}`
      : `must be ${wanted}, got ${kindOf(issue.input)}`;
  }
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (issue.code === "unrecognized_keys") {
    return `must not have ${issue.keys.map((key) => `"${key}"`).join(", ")}: there is no such key here`;
  }
  return undefined;
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key));
  if (issue.code !== "invalid_key") return { path: showPath(path), message: issue.message };
  // A key that the schema refuses may be a token that was pasted in the wrong place.
  const shown = /^[\w*-]{1,24}$/.test(String(path.at(-1))) ? path : path.slice(0, -1);
  return { path: showPath(shown), message: issue.issues[0]?.message ?? issue.message };
}

function nameOf(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    object: "a map",
    record: "a map",
    array: "a list",
    int: "a whole number",
  };
  return names[expected] ?? `a ${expected}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}
