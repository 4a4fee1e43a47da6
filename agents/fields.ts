import { z } from "zod";
import { kindOf, LOOKS_SECRET, shown } from "./keys.ts";

/** More generations than a host will ever have. */
export const GENERATIONS = 1_000_000;

type Issue = { readonly input?: unknown };

/** A text with a rule of its own; `problem` completes the sentence that the path begins. */
export const text = (what: string, problem: (value: string) => string | undefined) =>
  z.string({ error: (issue) => `must be ${what}, got ${kindOf(issue.input)}` }).superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** A text of one form that is no secret in the wrong place; `provider/key` counts as one. */
export const matching = (what: string, pattern: RegExp) =>
  text(what, (value) => {
    if (value.split("/").some((part) => LOOKS_SECRET.test(part))) {
      return `must be ${what}, got what looks like a key or a token`;
    }
    return pattern.test(value) ? undefined : `must be ${what}, got ${shown(value)}`;
  });

/** A whole number within bounds, both included; `unit` begins with a space, or is empty. */
export const wholeNumber = (min: number, max: number, unit: string) => {
  const error = (issue: Issue) => `must be a whole number from ${min} to ${max}${unit}, got ${figure(issue.input)}`;
  // One check: beyond what an integer can be, zod would say the same twice.
  return z.number({ error }).refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, { error });
};

/** A number within bounds, both included; `unit` begins with a space, or is empty. */
export const number = (min: number, max: number, unit: string) => {
  const error = (issue: Issue) => `must be a number from ${min} to ${max}${unit}, got ${figure(issue.input)}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
};

/** The word that lets a workload go on without its past, for one generation of its host. */
export const fresh = () =>
  wholeNumber(1, GENERATIONS, "")
    .optional()
    .describe("The host's generation in which it may start empty although it had a past, when that is lost");

/** A list; `what` names its elements in the plural. */
export const list = <T extends z.ZodType>(what: string, element: T) =>
  z.array(element, { error: (issue) => `must be a list of ${what}, got ${kindOf(issue.input)}` });

/** One of a few words; `hint` ends the sentence. */
export const choice = <const T extends readonly [string, ...string[]]>(values: T, hint = "") =>
  z.enum(values, {
    error: (issue) => `must be ${values.map((value) => `"${value}"`).join(" or ")}, got ${shown(issue.input)}${hint}`,
  });

/** On or off. */
export const flag = () => z.boolean({ error: (issue) => `must be true or false, got ${kindOf(issue.input)}` });

/** A map from names or ids to values; `what` names the keys. */
export const mapOf = <T extends z.ZodType>(what: string, key: z.ZodType<string, string>, value: T) =>
  z.record(key, value, { error: (issue) => `must be a map from ${what}, got ${kindOf(issue.input)}` });

/** An id made of digits, always a text: YAML reads a bare one as a number and rounds it when it is long. */
export const digits = (
  what: string,
  pattern: RegExp,
  found: (value: string) => string = () => "a text of another form",
) =>
  z
    .string({
      error: ({ input }) =>
        typeof input === "number" || typeof input === "bigint"
          ? `must be ${what}, got a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string`
          : `must be ${what}, got ${kindOf(input)}`,
    })
    .superRefine((value, context) => {
      if (pattern.test(value)) return;
      const got = value === "*" ? '"*", which would let everybody in' : found(value);
      context.addIssue({ code: "custom", message: `must be ${what}, got ${got}` });
    });

/** The key of a map that is an id or a name. */
export const mapKey = (what: string, pattern: RegExp) =>
  z.string().superRefine((value, context) => {
    if (pattern.test(value)) return;
    const got = value === "*" ? '"*", which would mean all of them' : "a key of another form";
    context.addIssue({ code: "custom", message: `must have ${what} as keys, got ${got}` });
  });

function figure(input: unknown): string {
  return typeof input === "number" ? String(input) : kindOf(input);
}
