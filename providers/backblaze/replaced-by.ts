import type { z } from "zod";
import type { applicationKeyArguments, bucketArguments, bucketFileArguments } from "./arguments.ts";

/**
 * By type, the arguments whose change needs a new resource. Without Pulumi, because preview reads it too.
 *
 * B2 renames neither buckets nor files, and changes no key. New content is a new version of the same file.
 */
export const REPLACED_BY = {
  ApplicationKey: ["keyName", "capabilities", "bucketIds", "namePrefix", "validDurationInSeconds"],
  Bucket: ["bucketName"],
  BucketFile: ["bucketId", "fileName"],
} as const satisfies {
  readonly ApplicationKey: readonly (keyof z.output<typeof applicationKeyArguments>)[];
  readonly Bucket: readonly (keyof z.output<typeof bucketArguments>)[];
  readonly BucketFile: readonly (keyof z.output<typeof bucketFileArguments>)[];
};
