import { isDeepStrictEqual } from "node:util";
import type { CheckFailure, Provider } from "@pulumi/pulumi/provider/index.js";
import {
  isRpcSecret,
  specialSecretSig,
  specialSigKey,
  unknownValue,
  unwrapRpcSecret,
} from "@pulumi/pulumi/runtime/rpc.js";
import type { Cloud } from "./cloud.ts";
import type { Input, StandIn, Table, Values } from "./table.ts";

/** A provider whose resources are rows of tables. */
export function standInProvider({ version, resources, functions = {} }: StandIn, cloud: Cloud): Provider {
  const tableOf = (urn: string): Table => {
    const table = resources[typeOf(urn)];
    if (table === undefined) throw new Error(`the stand-in has no table for ${typeOf(urn)}`);
    return table;
  };
  return {
    version,
    schema: "{}",
    async check(urn, _olds, news: Values) {
      return { inputs: news, failures: inputProblems(tableOf(urn), news) };
    },
    async diff(_id, urn, olds: Values, news: Values) {
      const { inputs } = tableOf(urn);
      const changed = Object.keys(inputs).filter((name) => !same(olds[name], news[name]));
      return { changes: changed.length > 0, replaces: changed.filter((name) => inputs[name]?.replaces === true) };
    },
    async create(urn, news: Values) {
      const table = tableOf(urn);
      const inputs = plain(news);
      cloud.note(`create ${nameOf(urn)}`);
      await cloud.meetHold(`before create ${nameOf(urn)}`);
      cloud.meetFault(`create ${nameOf(urn)}`);
      const refusal = table.refusal?.(inputs, cloud.settings());
      if (refusal !== undefined) throw new Error(refusal);
      refuseTwin(table, urn, inputs, cloud);
      const serial = cloud.serial();
      const id = `${typeOf(urn).split(":").at(-1)}-${serial}`;
      const outputs = { ...table.computed(inputs, serial, cloud.settings()), ...inputs };
      cloud.put({ id, type: typeOf(urn), name: nameOf(urn), outputs });
      await cloud.meetHold(`after create ${nameOf(urn)}`);
      return { id, outs: marked(table, outputs) };
    },
    async read(id, urn) {
      const live = cloud.find(id);
      if (live === undefined) return { id: "", props: {} };
      const table = tableOf(urn);
      const inputs = Object.keys(table.inputs).filter((name) => live.outputs[name] !== undefined);
      return {
        id,
        props: marked(table, live.outputs),
        inputs: Object.fromEntries(inputs.map((name) => [name, live.outputs[name]])),
      };
    },
    async update(id, urn, _olds, news: Values) {
      cloud.note(`update ${nameOf(urn)}`);
      cloud.meetFault(`update ${nameOf(urn)}`);
      const live = cloud.find(id);
      if (live === undefined) throw new Error(`${id} does not exist`);
      const outputs = { ...live.outputs, ...plain(news) };
      cloud.put({ ...live, outputs });
      return { outs: marked(tableOf(urn), outputs) };
    },
    async delete(id, urn) {
      cloud.note(`delete ${nameOf(urn)}`);
      cloud.meetFault(`delete ${nameOf(urn)}`);
      if (cloud.find(id) === undefined) throw new Error(`${id} does not exist`);
      cloud.remove(id);
    },
    async invoke(token, inputs: Values) {
      const answer = functions[token];
      if (answer === undefined) throw new Error(`the stand-in has no function ${token}`);
      return { outputs: answer(plain(inputs), cloud.settings()) };
    },
  };
}

function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::")[3] ?? "";
}

function refuseTwin(table: Table, urn: string, inputs: Values, cloud: Cloud): void {
  const key = table.unique?.(inputs);
  const twin = cloud.live().find(({ type, outputs }) => type === typeOf(urn) && table.unique?.(outputs) === key);
  if (key !== undefined && twin !== undefined) throw new Error(`${key} exists already`);
}

/** What the engine shows of a failed check has no value in it. */
function inputProblems({ inputs }: Table, news: Values): CheckFailure[] {
  const given = plain(news);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name));
  return [
    ...unknown.map((property) => ({ property, reason: "is no argument of this resource" })),
    ...Object.entries(inputs).flatMap(([property, input]) => {
      const reason = inputProblem(input, given[property]);
      return reason === undefined ? [] : [{ property, reason }];
    }),
  ];
}

function inputProblem({ type, required }: Input, value: unknown): string | undefined {
  if (value === undefined || value === null) return required === true ? "is required" : undefined;
  if (value === unknownValue) return undefined;
  const found = Array.isArray(value) ? "list" : typeof value === "object" ? "map" : typeof value;
  return found === type ? undefined : `must be a ${type}, got a ${found}`;
}

/** The provider gives an input that was never set back as an empty value of its type. */
function same(old: unknown, wanted: unknown): boolean {
  return isDeepStrictEqual(orNothing(bare(old)), orNothing(bare(wanted)));
}

function orNothing(value: unknown): unknown {
  const empty = value === null || value === "" || value === 0 || value === false;
  return empty || (Array.isArray(value) && value.length === 0) ? undefined : value;
}

function plain(values: Values): Values {
  return bare(values) as Values; // a map stays a map
}

/** Without the marks of secrets. */
function bare(value: unknown): unknown {
  if (isRpcSecret(value)) return bare(unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item)]));
}

function marked(table: Table, outputs: Values): Values {
  const secrets = (table.secrets ?? []).map((name) => [
    name,
    { [specialSigKey]: specialSecretSig, value: outputs[name] },
  ]);
  return { ...outputs, ...Object.fromEntries(secrets) };
}
