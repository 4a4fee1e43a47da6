import { z } from "zod";
import { kindOf, shown } from "./nanobot-keys.ts";

/** A text that a rule accepts; the rule completes the sentence that the path begins, and must not show what may be secret. */
export const text = (what: string, problem: (value: string) => string | undefined) =>
  z.string({ error: (issue) => `must be ${what}, got ${kindOf(issue.input)}` }).superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** A whole number within bounds; `unit` ends the sentence, such as ` seconds`. */
export const wholeNumber = (min: number, max: number, unit: string) => {
  const error = `must be a whole number from ${min} to ${max}${unit}`;
  const got = (issue: { readonly input?: unknown }) =>
    `${error}, got ${typeof issue.input === "number" ? issue.input : kindOf(issue.input)}`;
  return z.int({ error: got }).min(min, { error: got }).max(max, { error: got });
};

/** A number within bounds. */
export const number = (min: number, max: number) => {
  const got = (issue: { readonly input?: unknown }) =>
    `must be a number from ${min} to ${max}, got ${typeof issue.input === "number" ? issue.input : kindOf(issue.input)}`;
  return z.number({ error: got }).min(min, { error: got }).max(max, { error: got });
};

/** A list; `what` names its elements. */
export const list = <T extends z.ZodType>(what: string, element: T) =>
  z.array(element, { error: (issue) => `must be a list of ${what}, got ${kindOf(issue.input)}` });

/** One of a few words; `hint` ends the sentence. */
export const choice = <const T extends readonly [string, ...string[]]>(values: T, hint = "") =>
  z.enum(values, {
    error: (issue) => `must be ${values.map((value) => `"${value}"`).join(" or ")}, got ${shown(issue.input)}${hint}`,
  });

/** Yes or no; `retired` are keys that nanobot had below the setting of this name and has no longer. */
export const flag = (retired: readonly string[] = []) =>
  z.boolean({
    error: ({ input }) => {
      const found = typeof input === "object" && input !== null ? retired.filter((key) => key in input) : [];
      const note = found.length === 0 ? "" : `: nanobot removed ${found.join(", ")}, and the rest is fixed`;
      return `must be true or false, got ${kindOf(input)}${note}`;
    },
  });

/** A numeric id as text, or `*`; `found` says what another text looks like. */
export const id = (what: string, pattern: RegExp, found: (value: string) => string) =>
  z
    .string({
      error: ({ input }) =>
        typeof input === "number" || typeof input === "bigint"
          ? `must be ${what}, got a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string`
          : `must be ${what}, got ${kindOf(input)}`,
    })
    .superRefine((value, context) => {
      if (value === "*" || pattern.test(value)) return;
      context.addIssue({ code: "custom", message: `must be ${what}, got ${found(value)}` });
    });

/** A URL without user data, query or `${`: each could carry a secret, and the agent can read config.json. */
export const url = (what: string, pattern: RegExp) =>
  text(what, (value) => (pattern.test(value) && URL.canParse(value) ? undefined : `must be ${what}, got another text`));

/** A name of the time zone database. */
export const timezone = text("an IANA time zone", (zone) =>
  isTimeZone(zone) ? undefined : `must be an IANA time zone such as "Europe/Berlin", got ${shown(zone)}`,
);

/** Always false, with the reason. */
export const never = (reason: string) => z.literal(false, { error: `must be false: ${reason}` }).default(false);

/** nanobot looks the name up as a file of the time zone database: case matters, offsets and short names do not exist. */
function isTimeZone(zone: string): boolean {
  if (zone === "UTC") return true;
  if (!/^[A-Z][A-Za-z]+(\/[A-Z][A-Za-z0-9_+-]*){1,2}$/.test(zone) || zone.startsWith("SystemV/")) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}
