import type { CreateResult, ReadResult } from "@pulumi/pulumi/provider/index.js";
import { z } from "zod";
import { brief } from "../../agents/keys.ts";
import { bucketArguments } from "./arguments.ts";
import { hasCode, ProviderError } from "./errors.ts";
import { keepSecrets, type Properties, plainOf, present, same } from "./properties.ts";
import { REPLACED_BY } from "./replaced-by.ts";
import { type Context, GONE, type ResourceType } from "./resource-type.ts";

/** Key of a bucket's info that names the stack it was made for. */
export const STACK_MARK = "roost-stack";

const days = z.number().nullish();

/** A bucket as B2 describes it. */
const bucketSchema = z.object({
  bucketId: z.string(),
  bucketName: z.string(),
  bucketType: z.string(),
  bucketInfo: z.record(z.string(), z.string()),
  lifecycleRules: z.array(
    z.object({
      fileNamePrefix: z.string(),
      daysFromHidingToDeleting: days,
      daysFromUploadingToHiding: days,
      daysFromStartingToCancelingUnfinishedLargeFiles: days,
    }),
  ),
  defaultServerSideEncryption: z.object({
    isClientAuthorizedToRead: z.boolean(),
    value: z.object({ mode: z.string().nullish(), algorithm: z.string().nullish() }).nullish(),
  }),
});

type B2Bucket = z.infer<typeof bucketSchema>;
type BucketArguments = z.infer<typeof bucketArguments>;

/** Arguments that can change while the bucket lives, and what B2 takes for "none". */
const SETTINGS = {
  bucketType: "allPrivate",
  bucketInfo: {},
  lifecycleRules: [],
  defaultServerSideEncryption: { mode: "none" },
} as const;

/** Buckets: never renamed, never emptied, adopted only when they carry this stack's mark. */
export function bucketType(context: Context): ResourceType {
  const { client } = context;
  /** Names of buckets that the state holds: one of these is nobody's lost creation. */
  const inState = new Set<string>();
  /** Ids of buckets that this process adopted. */
  const adopted = new Set<string>();

  async function createOrAdopt(urn: string, args: BucketArguments): Promise<B2Bucket> {
    try {
      return await client.call("b2_create_bucket", present(args), bucketSchema);
    } catch (error) {
      if (!hasCode(error, "duplicate_bucket_name")) throw error;
      const found = await lookUp(context, { bucketName: args.bucketName });
      refuseForeign(args.bucketName, found, stackOf(urn), inState.has(args.bucketName));
      adopted.add(found.bucketId);
      const settings = changedSettings(stateOf(found, {}), args);
      return Object.keys(settings).length === 0 ? found : change(found.bucketId, settings);
    }
  }

  function change(bucketId: string, settings: Properties): Promise<B2Bucket> {
    return client.call("b2_update_bucket", { bucketId, ...settings }, bucketSchema);
  }

  async function outputs(id: string, news: Properties): Promise<Properties> {
    const { accountId, s3Endpoint } = await client.account();
    return { ...present(news), bucketId: id, accountId, s3Endpoint };
  }

  return {
    inputs: bucketArguments,
    replacedBy: REPLACED_BY.Bucket,

    check(olds, news) {
      const [before, after] = [olds["bucketName"], news["bucketName"]];
      if (typeof before !== "string") return [];
      inState.add(before);
      if (typeof after !== "string" || before === after) return [];
      return [{ property: "bucketName", reason: renameProblem(before, after) }];
    },

    async create(urn, news): Promise<CreateResult> {
      const { bucketId, bucketName } = await createOrAdopt(urn, bucketArguments.parse(plainOf(present(news))));
      inState.add(bucketName);
      return { id: bucketId, outs: await outputs(bucketId, news) };
    },

    async read(id, olds): Promise<ReadResult> {
      const found = await lookUp(context, { bucketId: id });
      if (found === undefined && olds["bucketName"] !== undefined) return GONE;
      if (found === undefined) {
        throw new ProviderError(`this account has no bucket with the id ${id}: b2 bucket get <name> tells it`);
      }
      const inputs = keepSecrets(olds, stateOf(found, olds));
      return { id, inputs, props: await outputs(id, inputs) };
    },

    async update(id, _urn, olds, news) {
      await change(id, changedSettings(olds, bucketArguments.parse(plainOf(present(news)))));
      return { outs: await outputs(id, news) };
    },

    async delete(id, _urn, olds) {
      // `up --replace`, or a new name in the program, has adopted it just now: only the old entry of the state ends.
      if (adopted.has(id)) return;
      try {
        await client.call("b2_delete_bucket", { bucketId: id }, z.object({ bucketId: z.string() }));
      } catch (error) {
        if (hasCode(error, "bad_bucket_id")) return;
        if (hasCode(error, "cannot_delete_non_empty_bucket")) throw notEmpty(String(plainOf(olds["bucketName"])));
        throw error;
      }
    },
  };
}

async function lookUp(
  { client }: Context,
  by: { bucketId: string } | { bucketName: string },
): Promise<B2Bucket | undefined> {
  const schema = z.object({ buckets: z.array(bucketSchema) });
  const { buckets } = await client.call("b2_list_buckets", by, schema);
  return buckets[0];
}

/** A bucket of that name exists: it is ours only when all three say so. */
function refuseForeign(
  name: string,
  found: B2Bucket | undefined,
  stack: string,
  isInState: boolean,
): asserts found is B2Bucket {
  if (found === undefined) {
    throw new ProviderError(
      `the bucket name "${name}" is taken by another Backblaze account (duplicate_bucket_name): choose another, names are unique in all of B2`,
    );
  }
  if (isInState) {
    throw new ProviderError(
      `the bucket "${name}" is in this stack's state already (duplicate_bucket_name): a bucket cannot be replaced, and two resources cannot share one`,
    );
  }
  const mark = found.bucketInfo[STACK_MARK];
  if (mark === stack) return;
  const owner = mark === undefined ? `no ${STACK_MARK} in its info` : `${STACK_MARK} "${mark}" in its info`;
  throw new ProviderError(
    `the bucket "${name}" exists in this account with ${owner}, so it was not made for the stack "${stack}" (duplicate_bucket_name): ` +
      `choose another name, or take it over with: pulumi import --generate-code=false backblaze:index:Bucket <resource name> ${found.bucketId}`,
  );
}

function changedSettings(olds: Properties, args: BucketArguments): Properties {
  const settings = Object.entries(SETTINGS).map(([name, none]) => {
    const wanted = args[name as keyof typeof SETTINGS]; // a key of the table
    return same(olds[name], wanted) ? [name, undefined] : [name, wanted ?? none];
  });
  return present(Object.fromEntries(settings));
}

/** A bucket's arguments as they are in B2; what the key may not read stays as it was. */
function stateOf(bucket: B2Bucket, olds: Properties): Properties {
  const { isClientAuthorizedToRead, value } = bucket.defaultServerSideEncryption;
  const encrypted = value?.mode === "SSE-B2" ? { mode: value.mode, algorithm: value.algorithm } : undefined;
  const rules = bucket.lifecycleRules.map((rule) => present(rule));
  return present({
    bucketName: bucket.bucketName,
    bucketType: bucket.bucketType,
    bucketInfo: Object.keys(bucket.bucketInfo).length === 0 ? undefined : bucket.bucketInfo,
    lifecycleRules: rules.length === 0 ? undefined : rules,
    defaultServerSideEncryption: isClientAuthorizedToRead
      ? encrypted
      : plainOf(olds["defaultServerSideEncryption"] ?? undefined),
  });
}

/** URNs are `urn:pulumi:<stack>::<project>::<type>::<name>`. */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.replace("urn:pulumi:", "") ?? "";
}

function renameProblem(before: string, after: string): string {
  return (
    `bucketName must stay "${before}", got ${brief(after)}: B2 renames no bucket, and a new one would be empty. To move: drain this stack's host, ` +
    `copy with rclone copy b2:${before}/<this stack>/ b2:<new bucket>/<new stack>/, and bring up a new stack with the new bucket and this one's root (roost:store.root)`
  );
}

function notEmpty(name: string): ProviderError {
  return new ProviderError(
    `the bucket "${name}" still holds files, so it was not deleted (cannot_delete_non_empty_bucket). ` +
      `What it holds: b2 ls --recursive --versions b2://${name}. To end it for good, backups included: b2 rm --recursive --versions b2://${name}, then run pulumi destroy again`,
  );
}
