import { isDeepStrictEqual } from "node:util";
import {
  isRpcSecret,
  specialSecretSig,
  specialSigKey,
  unknownValue,
  unwrapRpcSecret,
} from "@pulumi/pulumi/runtime/rpc.js";

/** A resource's inputs or outputs as the engine sends them: secrets are wrapped, unknown values are a sentinel. */
export type Properties = Readonly<Record<string, unknown>>;

/** The value as the program wrote it, without the marks of secrets inside. */
export function plainOf(value: unknown): unknown {
  if (isRpcSecret(value)) return plainOf(unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plainOf);
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)])) : value;
}

/** Whether a value is secret or holds a secret. */
export function holdsSecret(value: unknown): boolean {
  if (isRpcSecret(value)) return true;
  return isMap(value) && Object.values(value).some(holdsSecret);
}

/** Whether a value is unknown in this preview, or holds such a one. */
export function holdsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  return isMap(value) && Object.values(value).some(holdsUnknown);
}

/** The value with the mark that makes the engine encrypt it. */
export function secret(value: unknown): unknown {
  return isRpcSecret(value) ? value : { [specialSigKey]: specialSecretSig, value };
}

/** What was read anew, secret where it was secret before. */
export function keepSecrets(before: Properties, now: Properties): Properties {
  return Object.fromEntries(
    Object.entries(now).map(([key, value]) => [key, holdsSecret(before[key]) ? secret(value) : value]),
  );
}

/** Without what has no value: the wire has no `undefined`, and a program's `null` means the same. */
export function present(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null));
}

/** Whether two values are the same but for marks of secrets, and for an empty list or map, which is none. */
export function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutEmpty(plainOf(a)), withoutEmpty(plainOf(b)));
}

function withoutEmpty(value: unknown): unknown {
  return value === null || (isMap(value) && Object.keys(value).length === 0) ? undefined : value;
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
