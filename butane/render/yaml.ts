import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import type { Problems } from "./problems.ts";

/** Reads the value at a path; `undefined` where YAML says null, and some value of the type after a problem was noted. */
export type Reader<T> = (node: unknown, path: string, problems: Problems) => T | undefined;

/** What a reader gives. */
export type Read<R> = R extends Reader<infer T> ? T : never;

/**
 * Parses one YAML document as Butane's parser would, or notes why that cannot be promised.
 * Scalars keep the text as written, because Butane resolves them by the type of the field.
 */
export function parseYaml(source: string, problems: Problems): unknown {
  const lines = new LineCounter();
  // prettyErrors and the library's messages quote the document, which may hold secrets: only code and place are used.
  const options = {
    schema: "failsafe",
    uniqueKeys: false,
    keepSourceTokens: true,
    prettyErrors: false,
    lineCounter: lines,
  } as const;
  const document = parseDocument(source, { ...options, logLevel: "error" });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}:`;
  };
  for (const { code, pos } of document.errors) {
    problems.add(at(pos[0]), `must be valid YAML in one document, got ${code.toLowerCase().replaceAll("_", " ")}`);
  }
  // YAML 1.1, which Butane's parser follows, takes the last three for line breaks.
  const character = /(?![\t\n])[\p{Cc}\p{Surrogate}\ufeff\ufffe\uffff\u2028\u2029]/u.exec(source);
  if (character !== null) {
    const code = (character[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    problems.add(at(character.index), `must be plain text with LF line ends, got the character U+${code}`);
  }
  const tab = findTab(source, document);
  if (tab !== undefined) problems.add(at(tab), "must be indented with spaces, got a tab");
  const directive = /^%/m.exec(source);
  if (directive !== null) problems.add(at(directive.index), "must not be a YAML directive: leave it out");
  return document.contents;
}

/** Where a line begins with a tab that Butane's parser refuses and this one skips: all but those of a text in a block. */
function findTab(source: string, document: Document): number | undefined {
  const lines = [...source.matchAll(/^( *)\t[ \t]*(.?)/gm)];
  if (lines.length === 0) return undefined;
  const blocks: (readonly [number, number, number])[] = [];
  visit(document, {
    Scalar(_key, { type, range }) {
      if ((type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED") && range) blocks.push(range);
    },
  });
  const inBlock = (offset: number) => blocks.some(([start, end]) => start <= offset && offset < end);
  return lines.find((line) => line[1] === "" || line[2] === "" || !inBlock(line.index))?.index;
}

/** Text, as written: a bare `1.5.0` or `yes` is text where text is asked for. */
export const text: Reader<string> = (node, path, problems) => {
  const scalar = readScalar(node, path, "a text", problems);
  return scalar === undefined ? undefined : scalar.value;
};

/** A whole number as YAML 1.1 and Go write it: `0640` and `0o640` are both octal. */
export const integer: Reader<number> = (node, path, problems) => {
  const scalar = readScalar(node, path, "a whole number", problems);
  if (scalar === undefined) return undefined;
  const value = scalar.quoted ? undefined : toInteger(scalar.value);
  if (value !== undefined) return value;
  problems.add(
    path,
    `must be a whole number such as 420 or 0644, got ${scalar.quoted ? "a quoted text" : "another text"}`,
  );
  return 0;
};

/** A switch; Butane takes the words of YAML 1.1, quoted or not, next to a bare `true` and `false`. */
export const boolean: Reader<boolean> = (node, path, problems) => {
  const scalar = readScalar(node, path, "true or false", problems);
  if (scalar === undefined) return undefined;
  if (/^(y|Y|yes|Yes|YES|on|On|ON)$/.test(scalar.value)) return true;
  if (/^(n|N|no|No|NO|off|Off|OFF)$/.test(scalar.value)) return false;
  if (!scalar.quoted && /^(true|True|TRUE)$/.test(scalar.value)) return true;
  if (scalar.quoted || !/^(false|False|FALSE)$/.test(scalar.value)) {
    problems.add(path, `must be true or false, got ${scalar.quoted ? "a quoted text" : "another text"}`);
  }
  return false;
};

/** A list; `standIn` takes the place of an entry that is null. */
export function list<T>(item: Reader<T>, standIn: T): Reader<readonly T[]> {
  return (node, path, problems) => {
    if (isNull(node)) return undefined;
    refuseSharing(node, path, problems);
    if (!isSeq(node)) {
      problems.add(path, `must be a list, got ${kindOf(node)}`);
      return [];
    }
    return node.items.map((entry, index) => {
      const at = `${path}[${index}]`;
      const value = item(entry, at, problems);
      // Butane drops such an entry silently.
      if (value === undefined) problems.add(at, "must have a value, got nothing");
      return value ?? standIn;
    });
  };
}

/** A mapping of known keys, each of which may be left out. */
export function mapping<S extends Readonly<Record<string, Reader<unknown>>>>(
  shape: S,
): Reader<{ readonly [K in keyof S]?: Read<S[K]> | undefined }> {
  const known = new Map(Object.entries(shape));
  return (node, path, problems) => {
    const place = path === "" ? "the document" : path;
    refuseSharing(node, place, problems);
    if (!isMap(node)) {
      problems.add(place, `must be a mapping with ${[...known.keys()].join(", ")}, got ${kindOf(node)}`);
      return {};
    }
    const found: Record<string, unknown> = {};
    for (const { key, value } of node.items) {
      const name = isScalar(key) && typeof key.value === "string" ? key.value : "";
      // A key that is no plain word may be misplaced content.
      const at = `${path === "" ? "" : `${path}.`}${/^([A-Za-z_][\w-]{0,39}|<<)$/.test(name) ? name : "?"}`;
      refuseSharing(key, at, problems);
      const read = known.get(name);
      if (read === undefined) {
        problems.add(at, `is not supported: ${place} takes ${[...known.keys()].join(", ")}`);
      } else if (Object.hasOwn(found, name)) {
        problems.add(at, "must be given once, got it twice in one mapping");
      } else {
        found[name] = read(value, at, problems);
      }
    }
    return found as { readonly [K in keyof S]?: Read<S[K]> }; // each value came from the reader of its own key
  };
}

interface ScalarText {
  readonly value: string;
  readonly quoted: boolean;
}

function readScalar(node: unknown, path: string, wanted: string, problems: Problems): ScalarText | undefined {
  if (isNull(node)) return undefined;
  refuseSharing(node, path, problems);
  if (!isScalar(node) || typeof node.value !== "string") {
    problems.add(path, `must be ${wanted}, got ${kindOf(node)}`);
    return { value: "", quoted: true };
  }
  // Butane's parser refuses \ud83d and its like; this one would join two of them.
  if (hasSurrogateEscape(node)) problems.add(path, "must not escape a surrogate: write the character itself");
  return { value: node.value, quoted: node.type !== "PLAIN" };
}

function hasSurrogateEscape({ srcToken }: Scalar): boolean {
  if (srcToken?.type !== "double-quoted-scalar") return false;
  return !/^(?:[^\\]|\\[^u]|\\u(?![dD][89a-fA-F]))*$/.test(srcToken.source);
}

function isNull(node: unknown): boolean {
  if (node === null || node === undefined) return true;
  return (
    isScalar(node) &&
    node.type === "PLAIN" &&
    node.tag === undefined &&
    /^(|~|null|Null|NULL)$/.test(String(node.value))
  );
}

/** Butane loses track of keys behind an alias, and a tag changes how a value is read: both are refused. */
function refuseSharing(node: unknown, path: string, problems: Problems): void {
  if (isAlias(node)) problems.add(path, "must be written out, got a YAML alias");
  const properties = node as Partial<Node> | null; // anything that the parser made, or null
  if (properties?.anchor !== undefined) problems.add(path, "must not carry a YAML anchor");
  if (properties?.tag !== undefined) problems.add(path, "must not carry a YAML tag");
}

function kindOf(node: unknown): string {
  if (isNull(node)) return "nothing";
  if (isMap(node)) return "a mapping";
  return isSeq(node) ? "a list" : "a text or number";
}

function toInteger(written: string): number | undefined {
  if (!/^[-+\d]/.test(written)) return undefined;
  const parts = /^([-+]?)(?:0[oO]?([0-7]+)|0[xX]([\da-fA-F]+)|0[bB]([01]+)|(0|[1-9]\d*))$/.exec(
    written.replaceAll("_", ""),
  );
  if (parts === null) return undefined;
  const [, sign, octal, hex, binary, decimal] = parts;
  const magnitude = Number(
    octal !== undefined
      ? `0o${octal}`
      : hex !== undefined
        ? `0x${hex}`
        : binary !== undefined
          ? `0b${binary}`
          : decimal,
  );
  const value = sign === "-" ? -magnitude : magnitude;
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}
