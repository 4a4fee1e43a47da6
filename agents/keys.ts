import { z } from "zod";

/** A map that takes these keys and no others; its error names each stranger with what to write instead. */
export function strictMap<Shape extends z.core.$ZodLooseShape>(
  what: string,
  shape: Shape,
  gone: Readonly<Record<string, string>> = {},
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `must not have ${issue.keys.map((key) => stranger(key, known, gone)).join(", ")}`
        : `must be ${what}, got ${kindOf(issue.input)}`,
  });
}

/** What a value is, never what it says. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value === "") return "an empty text";
  if (typeof value === "string") return "a text";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}

/** A word for a message; anything with a digit, or long, might be a secret and is not shown. */
export function shown(value: unknown): string {
  return typeof value === "string" && /^[A-Za-z][A-Za-z/_-]{0,31}$/.test(value) ? `"${value}"` : kindOf(value);
}

/** A rejected id or name for a message; a longer text, or one with blanks or mixed case and digits, might be a secret. */
export function brief(value: string): string {
  const word = /^[\w./:@-]{1,24}$/.test(value) && !(/[A-Z]/.test(value) && /\d/.test(value));
  const plain = (word || /^[A-Za-z ]{1,24}$/.test(value)) && !LOOKS_SECRET.test(value);
  return plain ? JSON.stringify(value) : `a text of ${value.length} characters`;
}

/** How keys of model providers, vaults and bots begin. */
export const LOOKS_SECRET =
  /^(sk-|sk_|gsk_|hf_|nvapi-|xai-|ops_|AIza|tskey-|K00\d|\d{6,}:)|^[\w-]{20,}\.[\w-]{4,10}\.[\w-]{20,}$/;

/** The known word that a person most likely meant: the same but for case and separators, or at most two letters away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(plainWord(word), plainWord(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  if (best === undefined || best.distance > Math.min(2, Math.ceil(word.length / 3))) return undefined;
  return best.candidate;
}

/** The word without case and separators. */
export function plainWord(word: string): string {
  return word.replaceAll(/[-_ ]/g, "").toLowerCase();
}

function stranger(key: string, known: readonly string[], gone: Readonly<Record<string, string>>): string {
  if (!/^[A-Za-z][A-Za-z_-]{0,39}$/.test(key)) return "a key of another form";
  const camel = key.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const reason = new Map(Object.entries(gone)).get(camel);
  if (reason !== undefined) return `"${key}" (${reason})`;
  const meant = nearest(key, known);
  return meant === undefined ? `"${key}" (the keys are ${known.join(", ")})` : `"${key}" (did you mean "${meant}"?)`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
