/** What Ignition needs to know of a unit's text. */
export interface UnitFile {
  /** Why the text is no unit file. */
  readonly problem?: string;
  /** Whether a section `[Install]` has at least one setting. */
  readonly installs: boolean;
}

// What Go takes for white space.
const BLANK = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

/**
 * Reads a unit file as Ignition's validation does.
 * https://github.com/coreos/go-systemd/blob/v22.7.0/unit/deserialize.go
 */
export function parseUnitFile(contents: string): UnitFile {
  // systemd reads no more of a line; Ignition refuses the same line or not, depending on where it lies in a buffer.
  const long = contents.split(/[\r\n]/).findIndex((line) => Buffer.byteLength(line) >= 2048);
  if (long !== -1) return { problem: `line ${long + 1} has 2048 bytes or more`, installs: false };

  let position = 0;
  let section: string | undefined;
  let installs = false;

  const lineNumber = () => contents.slice(0, position).split("\n").length;
  function restOfLine(): string {
    const end = contents.indexOf("\n", position);
    const line = end === -1 ? contents.slice(position) : contents.slice(position, end);
    position = end === -1 ? contents.length : end + 1;
    return line;
  }
  function skipComment(): void {
    let line: string;
    do {
      line = restOfLine();
    } while (/\\ ?$/.test(line));
  }
  function skipValue(): void {
    let line: string;
    do {
      line = restOfLine();
    } while (line.endsWith("\\"));
  }

  while (position < contents.length) {
    const character = contents.charAt(position);
    if (character === "[") {
      const end = contents.indexOf("]", position);
      if (end === -1) return { problem: `line ${lineNumber()} opens a section that does not end`, installs };
      section = contents.slice(position + 1, end);
      position = end + 1;
      const line = lineNumber();
      if (!BLANK.test(restOfLine()))
        return { problem: `line ${line} has something after the section's name`, installs };
    } else if (character === "#" || character === ";") {
      skipComment();
    } else if (section === undefined || BLANK.test(character)) {
      // What stands before the first section is ignored, character by character.
      position += 1;
    } else {
      const line = lineNumber();
      const name = /^[^=\r\n]*=/.exec(contents.slice(position, position + 2048))?.[0];
      if (name === undefined) return { problem: `line ${line} is no section, comment or setting`, installs };
      position += name.length;
      skipValue();
      installs ||= section === "Install";
    }
  }
  return { installs };
}
