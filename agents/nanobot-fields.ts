import { z } from "zod";
import { text } from "./fields.ts";
import { kindOf, shown } from "./keys.ts";

/** Yes or no; `retired` are keys that nanobot had below the setting of this name and has no longer. */
export const flagWithout = (retired: readonly string[]) =>
  z.boolean({
    error: ({ input }) => {
      const found = typeof input === "object" && input !== null ? retired.filter((key) => key in input) : [];
      const note = found.length === 0 ? "" : `: nanobot removed ${found.join(", ")}, and the rest is fixed`;
      return `must be true or false, got ${kindOf(input)}${note}`;
    },
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
