import { type Document, isMap, isScalar, isSeq, type Node, parseDocument, visit } from "yaml";

/** Entries of a Butane document, appended to the lists of the same names in a base. */
export type ButaneOverlay = {
  readonly [S in (typeof LISTS)[number] as S["section"]]?: {
    readonly [L in Extract<(typeof LISTS)[number], { section: S["section"] }>["list"]]?: readonly ButaneEntry[];
  };
};

/** One entry of a Butane list, such as `{ path: "/etc/hostname", contents: { inline: "agent\n" } }`. */
export type ButaneEntry = Readonly<Record<string, unknown>>;

/** The lists that an overlay may lengthen: what their entries are called, and the key that tells them apart. */
const LISTS = [
  { section: "passwd", list: "groups", what: "group", key: "name" },
  { section: "passwd", list: "users", what: "user", key: "name" },
  { section: "storage", list: "directories", what: "path", key: "path" },
  { section: "storage", list: "files", what: "path", key: "path" },
  { section: "storage", list: "links", what: "path", key: "path" },
  { section: "storage", list: "trees", what: "path", key: "path" },
  { section: "systemd", list: "units", what: "unit", key: "name" },
] as const;

/**
 * The base with the overlay's entries appended to its lists, comments kept.
 * Throws one line with every path, user, group and unit that appears twice.
 */
export function appendOverlay(base: Document.Parsed, overlay: ButaneOverlay): string {
  const document = base.clone();
  for (const { section, list } of LISTS) {
    const lists: Readonly<Partial<Record<string, readonly ButaneEntry[]>>> = overlay[section] ?? {};
    for (const entry of lists[list] ?? []) {
      if (!document.hasIn([section, list])) document.setIn([section, list], document.createNode([]));
      document.addIn([section, list], octalModes(document.createNode(entry)));
    }
  }
  const twice = repeated(document);
  if (twice.length > 0) throw new Error(`Butane overlay: ${twice.join(", ")}: must appear once`);
  // Folded lines would break keys and JSON in the reader's eyes.
  return document.toString({ lineWidth: 0 });
}

/** Parses a base; throws when it is no YAML. */
export function parseBase(text: string): Document.Parsed {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new Error(`Butane base: ${document.errors.map(({ message }) => message).join("; ")}`);
  return document;
}

function octalModes(entry: Node): Node {
  visit(entry, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === "mode" && isScalar(value)) value.format = "OCT";
    },
  });
  return entry;
}

function repeated(document: Document): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { section, list, what, key } of LISTS) {
    const entries = document.getIn([section, list]);
    for (const entry of isSeq(entries) ? entries.items : []) {
      const name = `${what} ${isMap(entry) ? String(entry.get(key)) : ""}`;
      (seen.has(name) ? twice : seen).add(name);
    }
  }
  return [...twice];
}
