import { z } from "zod";
import { type SecretKind, secretKind } from "./secret-leaf.ts";

/** A place in config, as keys from the top: `["tenants", "frontend", "telegram", "token"]`. */
export type ConfigPath = readonly (string | number)[];

/** A secret leaf of the schema that the config fills. */
export interface SecretPath {
  readonly path: ConfigPath;
  readonly kind: SecretKind;
  /** As written: a text, or what a mistaken file holds in its place. */
  readonly value: unknown;
}

/** Every secret leaf that the schema marks and the value holds; parts of a wrong type are passed over. */
export function secretPaths(schema: z.core.$ZodType, value: unknown, path: ConfigPath = []): SecretPath[] {
  const kind = secretKind(schema);
  if (value === undefined) return [];
  if (kind !== undefined) return [{ path, kind, value }];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return secretPaths(schema.unwrap(), value, path);
  }
  if (schema instanceof z.ZodPipe) return secretPaths(schema.in, value, path);
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((item, index) => secretPaths(schema.element, item, [...path, index]));
  }
  if (!isRecord(value)) return [];
  if (schema instanceof z.ZodRecord) {
    return Object.entries(value).flatMap(([key, item]) => secretPaths(schema.valueType, item, [...path, key]));
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries<z.core.$ZodType>(schema.shape).flatMap(([key, item]) =>
      secretPaths(item, value[key], [...path, key]),
    );
  }
  return [];
}

/** A copy of the value in which every listed place holds something else. */
export function replaceAt(value: unknown, replacements: readonly { path: ConfigPath; value: unknown }[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path, value: replacement } of replacements) {
    let parent: unknown = copy;
    for (const key of path.slice(0, -1))
      parent = isRecord(parent) || Array.isArray(parent) ? Reflect.get(parent, key) : undefined;
    const last = path.at(-1);
    if (last !== undefined && typeof parent === "object" && parent !== null) Reflect.set(parent, last, replacement);
  }
  return copy;
}

/** The path as people write it: `tenants.frontend.telegram.allowFrom[0]`. */
export function showPath(path: ConfigPath): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}

/** A map, and neither a list nor `null`. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
