import type { CheckFailure, Provider } from "@pulumi/pulumi/provider/index.js";
import { applicationKeyType } from "./application-key.ts";
import { argumentProblems } from "./arguments.ts";
import { bucketType } from "./bucket.ts";
import { bucketFileType } from "./bucket-file.ts";
import { Client } from "./client.ts";
import type { Warn } from "./engine-log.ts";
import { ProviderError } from "./errors.ts";
import type { Io } from "./io.ts";
import { holdsSecret, holdsUnknown, type Properties, plainOf, present, same, secret } from "./properties.ts";
import type { Context, ResourceType } from "./resource-type.ts";
import type { Settings } from "./settings.ts";

/** What the provider needs of its process. */
export interface ProviderOptions {
  /** Read at the first call to B2, so that a preview needs no credentials; throws what is wrong with them. */
  readonly settings: () => Settings;
  readonly io: Io;
  readonly warn: Warn;
}

/** The provider of the package `backblaze`, with every method that Pulumi's engine calls. */
export type BackblazeProvider = Provider &
  Required<Pick<Provider, "check" | "diff" | "create" | "read" | "update" | "delete" | "cancel">>;

/** Makes the provider: one client, one authorisation and one memory for all resources of a run. */
export function createProvider({ settings, io, warn }: ProviderOptions): BackblazeProvider {
  const client = new Client(settings, io);
  const context: Context = { client, warn };
  const types = new Map<string, ResourceType>([
    ["backblaze:index:Bucket", bucketType(context)],
    ["backblaze:index:ApplicationKey", applicationKeyType(context)],
    ["backblaze:index:BucketFile", bucketFileType(context)],
  ]);

  /** The type of a URN, `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`. */
  function typeOf(urn: string): ResourceType {
    const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const found = types.get(token);
    if (found !== undefined) return found;
    throw new ProviderError(`backblaze has no type "${token}": it has ${[...types.keys()].join(", ")}`);
  }

  /** The type of something that the state holds, once it is sure that this account is where it lies. */
  async function typeHere(urn: string, olds: Properties): Promise<ResourceType> {
    const type = typeOf(urn);
    const accountId = plainOf(olds["accountId"]);
    if (typeof accountId === "string") await client.assertAccount(accountId);
    return type;
  }

  return {
    version: "0.1.0",

    async check(urn, olds: Properties, news: Properties) {
      const type = typeOf(urn);
      const failures = [
        ...argumentProblems(type.inputs, news),
        ...(type.check?.(knownOf(olds), knownOf(news)) ?? []),
      ].map((failure) => withoutSecrets(failure, news));
      const { content } = news;
      // A program in another language may have left out the mark.
      const inputs = content === undefined || holdsUnknown(content) ? news : { ...news, content: secret(content) };
      return { inputs: present(inputs), failures };
    },

    async diff(id, urn, olds: Properties, news: Properties) {
      const type = typeOf(urn);
      type.meet?.(id, olds);
      const names = Object.keys(type.inputs.shape).filter((name) => type.notCompared?.includes(name) !== true);
      const changed = names.filter((name) => {
        const sorted = type.unordered?.includes(name) === true;
        return sorted ? !same(sort(olds[name]), sort(news[name])) : !same(olds[name], news[name]);
      });
      const replaces = changed.filter((name) => type.replacedBy.includes(name));
      // The new one first: what reads from B2 must never meet a gap.
      return { changes: changed.length > 0, replaces, deleteBeforeReplace: false };
    },

    async create(urn, news: Properties) {
      return typeOf(urn).create(urn, news);
    },

    async read(id, urn, olds: Properties = {}) {
      const type = await typeHere(urn, olds);
      return type.read(id, olds);
    },

    async update(id, urn, olds: Properties, news: Properties) {
      const type = await typeHere(urn, olds);
      if (type.update === undefined) throw new ProviderError(`${urn} cannot be changed in place`);
      return type.update(id, urn, olds, news);
    },

    async delete(id, urn, olds: Properties) {
      const type = await typeHere(urn, olds);
      await type.delete(id, urn, olds);
    },

    async cancel() {
      client.stop();
    },
  };
}

/** The engine prints the value of the property that a failure names, and the reason quotes it. */
function withoutSecrets(failure: CheckFailure, news: Properties): CheckFailure {
  const { property } = failure;
  if (!holdsSecret(news[property])) return failure;
  return {
    property: "",
    reason: `${property} is secret, so it is not shown: it is not what B2 accepts, or it must not change`,
  };
}

/** The values that are known in this run, without marks of secrets. */
function knownOf(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(present(properties))
      .filter(([, value]) => !holdsUnknown(value))
      .map(([name, value]) => [name, plainOf(value)]),
  );
}

function sort(list: unknown): unknown {
  const values: unknown = plainOf(list);
  return Array.isArray(values) ? values.map(String).toSorted() : values;
}
