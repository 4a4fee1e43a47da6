import { type GetItemResult, getItem, getVault } from "@1password/pulumi-onepassword";
import { type ConfigPath, replaceAt, type SecretPath, showPath } from "../agents/secret-paths.ts";

/** A reference's parts; names may also be 1Password's ids. */
interface Reference {
  readonly vault: string;
  readonly item: string;
  readonly section: string | undefined;
  readonly field: string;
}

/** The config with every reference replaced by its value, or one problem per reference that gave none. */
export type Resolved = { readonly raw: unknown } | { readonly problems: readonly string[] };

/** The third round: reads each distinct item once, before anything is registered. */
export async function resolveReferences(raw: unknown, secrets: readonly SecretPath[]): Promise<Resolved> {
  const references = secrets.flatMap(({ path, value }) =>
    typeof value === "string" && value.startsWith("op://") ? { path, ...referenceOf(value) } : [],
  );
  const items = await readItems(references);
  const problems: string[] = [];
  const values: { path: ConfigPath; value: string }[] = [];
  for (const reference of references) {
    const found = valueOf(reference, items.get(itemKey(reference)));
    if ("problem" in found) problems.push(`roost:${showPath(reference.path)} ${found.problem}`);
    else values.push({ path: reference.path, value: found.value });
  }
  return problems.length > 0 ? { problems } : { raw: replaceAt(raw, values) };
}

function referenceOf(text: string): Reference {
  const parts = text.slice("op://".length).split("/");
  const [vault = "", item = ""] = parts;
  return { vault, item, section: parts.length === 4 ? parts[2] : undefined, field: parts.at(-1) ?? "" };
}

type Item = PromiseSettledResult<GetItemResult> | undefined;

async function readItems(references: readonly Reference[]): Promise<Map<string, Item>> {
  const vaults = new Map<string, Promise<string>>();
  const vaultId = (name: string) => {
    const known =
      vaults.get(name.toLowerCase()) ?? getVault(isId(name) ? { uuid: name } : { name }).then(({ uuid }) => uuid);
    vaults.set(name.toLowerCase(), known);
    return known;
  };
  const distinct = [...Map.groupBy(references, itemKey)].flatMap(([key, [first]]) =>
    first ? [[key, first] as const] : [],
  );
  const settled = await Promise.allSettled(
    distinct.map(async ([, { vault, item }]) =>
      getItem({ vault: await vaultId(vault), ...(isId(item) ? { uuid: item } : { title: item }) }),
    ),
  );
  return new Map(distinct.map(([key], index) => [key, settled[index]]));
}

function itemKey({ vault, item }: Reference): string {
  return `${vault}/${item}`.toLowerCase();
}

/** 1Password's ids are 26 lower-case letters and digits. */
function isId(name: string): boolean {
  return /^[a-z0-9]{26}$/.test(name);
}

/** Fields that the provider lifts out of an item's sections. */
const LIFTED = ["credential", "password", "username", "url", "hostname", "noteValue"] as const;

function valueOf(reference: Reference, item: Item): { value: string } | { problem: string } {
  const where = `1Password item "${reference.item}" of vault "${reference.vault}"`;
  if (item?.status !== "fulfilled") {
    // The provider's own text: it names vault and item, never a value.
    return { problem: `needs the ${where}, which could not be read: ${firstLine(item?.reason)}` };
  }
  const fields = fieldsOf(item.value);
  const wanted = fields.filter(
    ({ section, names }) =>
      names.includes(reference.field.toLowerCase()) &&
      (reference.section === undefined || section.includes(reference.section.toLowerCase())),
  );
  const values = new Set(wanted.map(({ value }) => value));
  const [value] = values;
  if (value === undefined) {
    const known = [...new Set(fields.map(({ names }) => names[0]))].join(", ");
    return {
      problem: `needs the field "${reference.field}" of the ${where}, which has no such field with a value; it has ${known || "none"}`,
    };
  }
  if (values.size > 1) {
    return {
      problem: `needs one field "${reference.field}" of the ${where}, which has several: name the section, op://vault/item/section/field`,
    };
  }
  if (value.startsWith("op://")) {
    return {
      problem: `needs a secret in the field "${reference.field}" of the ${where}, which holds another reference`,
    };
  }
  return { value };
}

interface Field {
  readonly section: readonly string[];
  /** Label first. */
  readonly names: readonly string[];
  readonly value: string;
}

function fieldsOf(item: GetItemResult): Field[] {
  const lifted = LIFTED.map((name) => ({
    section: [],
    names: [name === "noteValue" ? "notesplain" : name],
    value: item[name],
  }));
  const inSections = (item.sections ?? []).flatMap(({ id, label, fields }) =>
    (fields ?? []).map((field) => ({
      section: [label.toLowerCase(), id.toLowerCase()],
      names: [field.label.toLowerCase(), field.id.toLowerCase()],
      value: field.value,
    })),
  );
  return [...lifted, ...inSections].filter(({ value }) => value !== undefined && value !== "");
}

function firstLine(reason: unknown): string {
  const text = reason instanceof Error ? reason.message : String(reason);
  return text.trim().split("\n", 1)[0] ?? "";
}
