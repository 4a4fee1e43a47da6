import type { z } from "zod";
import { parseArgs } from "../agents/parse.ts";
import type { Problem } from "../agents/problem.ts";
import { secretPaths, showPath } from "../agents/secret-paths.ts";
import { InvalidArgsError } from "../providers/validation.ts";

/** Checks an agent's arguments with its schema; every problem in one error. */
export function agentArgs<S extends z.ZodType>(
  where: string,
  schema: S,
  raw: z.input<S>,
  problemsOf: (args: z.output<S>) => readonly Problem[],
): z.output<S> {
  const parsed = parseArgs(schema, raw);
  const problems = "problems" in parsed ? parsed.problems : [...problemsOf(parsed.value), ...references(schema, raw)];
  if (problems.length > 0 || "problems" in parsed) {
    throw new InvalidArgsError(`${where}: ${problems.map(({ path, message }) => `${path} ${message}`).join("; ")}`);
  }
  return parsed.value;
}

/** Only a stack's program reads 1Password; here a reference would be deployed as if it were the secret. */
function references(schema: z.ZodType, raw: unknown): Problem[] {
  return secretPaths(schema, raw)
    .filter(({ value }) => typeof value === "string" && value.startsWith("op://"))
    .map(({ path }) => ({ path: showPath(path), message: "must be the secret itself, got an op:// reference" }));
}
