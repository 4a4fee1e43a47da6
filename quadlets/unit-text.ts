/** A section of a unit file and its lines, such as `["Container", ["ReadOnly=true"]]`. */
export type Section = readonly [name: string, lines: readonly string[]];

/** Text of a unit file or drop-in, with an empty line between sections. */
export function unitText(sections: readonly Section[]): string {
  return sections.map(([name, lines]) => `[${name}]\n${lines.join("\n")}\n`).join("\n");
}

/** A value that Quadlet hands on to systemd's command line, where `%` and `$` have a meaning; throws on a control character. */
export function unitValue(text: string): string {
  // A line break would begin a key of its own.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new Error("a value in a unit must not hold a control character");
  return text.replaceAll("%", "%%").replaceAll("$", "$$$$");
}

/** One word of a value that Quadlet splits at white space; quoted only where that is needed. */
export function unitWord(text: string): string {
  const value = unitValue(text);
  return /^[\w@%+=:,./~-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}
