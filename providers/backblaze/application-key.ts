import { z } from "zod";
import { applicationKeyArguments } from "./arguments.ts";
import { accountCapabilitiesProblem } from "./checks.ts";
import type { Client } from "./client.ts";
import { hasCode, ProviderError } from "./errors.ts";
import { plainOf, present, secret } from "./properties.ts";
import { REPLACED_BY } from "./replaced-by.ts";
import { afterwards, type Context, GONE, type ResourceType } from "./resource-type.ts";

const keySchema = z.object({ applicationKeyId: z.string(), keyName: z.string() });
const createdKeySchema = keySchema.extend({ applicationKey: z.string().min(1) });
const keysSchema = z.object({ keys: z.array(keySchema), nextApplicationKeyId: z.string().nullish() });

/** The most keys that one call lists at the price of one call. */
const PAGE = 1000;

/** Application keys: nothing about one can change, and its secret is told once. */
export function applicationKeyType(context: Context): ResourceType {
  const { client } = context;
  /** Ids that are in the state, or were made by this process. */
  const known = new Set<string>();

  /** Creations whose answer was lost, now or in a run that was killed, left keys that nobody has the secret of. */
  async function warnOfStrangers(urn: string, keyName: string): Promise<void> {
    const strangers = await keysNamed(client, keyName);
    const ids = strangers.filter((id) => !known.has(id));
    if (ids.length === 0) return;
    await context.warn(
      urn,
      `B2 has more keys named "${keyName}" that this run did not meet in the stack's state: ${ids.join(", ")}. ` +
        `Unless pulumi stack export or another stack lists one, its secret is lost; remove it with: ${ids.map((id) => `b2 key delete ${id}`).join("; ")}`,
    );
  }

  return {
    inputs: applicationKeyArguments,
    replacedBy: REPLACED_BY.ApplicationKey,
    unordered: ["capabilities", "bucketIds"],
    meet: (id) => known.add(id),

    check(_olds, news) {
      const limited = news["bucketIds"] !== undefined || news["namePrefix"] !== undefined;
      const { data } = applicationKeyArguments.shape.capabilities.safeParse(news["capabilities"]);
      const problem = limited && data !== undefined ? accountCapabilitiesProblem(data) : undefined;
      return problem === undefined ? [] : [{ property: "", reason: problem }];
    },

    async create(urn, news) {
      const args = applicationKeyArguments.parse(plainOf(present(news)));
      // First, because nothing may fail between the answer with the secret and the state.
      const { accountId } = await client.account();
      // Repeated after a lost answer: names need not be unique, and the lost key's secret is gone.
      const key = await client.call("b2_create_key", present(args), createdKeySchema);
      known.add(key.applicationKeyId);
      await afterwards(context, urn, "keys that nobody knows were not looked for", () =>
        warnOfStrangers(urn, args.keyName),
      );
      const { applicationKeyId, applicationKey } = key;
      return {
        id: applicationKeyId,
        outs: { ...present(news), applicationKeyId, accountId, applicationKey: secret(applicationKey) },
      };
    },

    async read(id, olds) {
      if (olds["applicationKey"] === undefined) {
        throw new ProviderError(
          `the application key ${id} cannot be imported: B2 tells a key's secret once, at creation. Let Pulumi make a new one, then remove this one with: b2 key delete ${id}`,
        );
      }
      if (!(await exists(client, id))) return GONE;
      return { id, props: { ...olds, applicationKey: secret(olds["applicationKey"]) } };
    },

    async delete(id) {
      try {
        await client.call("b2_delete_key", { applicationKeyId: id }, keySchema);
      } catch (error) {
        // B2 has no code of its own for a key that is not there.
        if (!hasCode(error, "bad_request") || (await exists(client, id))) throw error;
      }
    },
  };
}

async function exists(client: Client, id: string): Promise<boolean> {
  const { keys } = await client.call("b2_list_keys", { startApplicationKeyId: id, maxKeyCount: 1 }, keysSchema);
  return keys[0]?.applicationKeyId === id;
}

async function keysNamed(client: Client, keyName: string): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null | undefined;
  do {
    const from = next === undefined ? {} : { startApplicationKeyId: next };
    const page = await client.call("b2_list_keys", { ...from, maxKeyCount: PAGE }, keysSchema);
    ids.push(...page.keys.filter((key) => key.keyName === keyName).map((key) => key.applicationKeyId));
    next = page.nextApplicationKeyId;
  } while (next !== undefined && next !== null);
  return ids;
}
