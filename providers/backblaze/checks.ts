import { brief } from "../../agents/keys.ts";

/** Every capability that B2 knows: https://www.backblaze.com/docs/cloud-storage-application-key-capabilities */
export const CAPABILITIES: readonly string[] = [
  "listKeys",
  "writeKeys",
  "deleteKeys",
  "listAllBucketNames",
  "listBuckets",
  "readBuckets",
  "writeBuckets",
  "deleteBuckets",
  "readBucketEncryption",
  "writeBucketEncryption",
  "readBucketRetentions",
  "writeBucketRetentions",
  "readBucketReplications",
  "writeBucketReplications",
  "readBucketNotifications",
  "writeBucketNotifications",
  "readBucketLogging",
  "writeBucketLogging",
  "readBucketLifecycleRules",
  "writeBucketLifecycleRules",
  "listFiles",
  "readFiles",
  "shareFiles",
  "writeFiles",
  "deleteFiles",
  "readFileLegalHolds",
  "writeFileLegalHolds",
  "readFileRetentions",
  "writeFileRetentions",
  "bypassGovernance",
];

/** What a lifecycle rule of a bucket may say; days are whole and positive. */
export interface LifecycleRule {
  readonly fileNamePrefix: string;
  readonly daysFromHidingToDeleting?: number;
  readonly daysFromUploadingToHiding?: number;
  readonly daysFromStartingToCancelingUnfinishedLargeFiles?: number;
}

/** A bucket's name: 6 to 63 letters, digits and hyphens, unique in all of B2; `b2-` is Backblaze's own. */
export function bucketNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{4,61}[A-Za-z0-9]$/.test(name) && !/^b2-/i.test(name)) return undefined;
  return `bucketName must be 6 to 63 letters, digits and hyphens and not begin with "b2-", got ${brief(name)}`;
}

export function capabilitiesProblem(capabilities: readonly string[]): string | undefined {
  const unknown = capabilities.filter((capability) => !CAPABILITIES.includes(capability));
  if (capabilities.length === 0) return "capabilities must name at least one capability";
  if (unknown.length === 0) return undefined;
  return `capabilities must be names that B2 knows (such as listFiles), got ${unknown.map(brief).join(", ")}`;
}

/** A key's name: 1 to 100 letters, digits and hyphens; need not be unique. */
export function keyNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9-]{1,100}$/.test(name)) return undefined;
  return `keyName must be 1 to 100 letters, digits and hyphens, got ${brief(name)}`;
}

export function namePrefixProblem(prefix: string): string | undefined {
  if (prefix.endsWith("/") && fileNameProblem(prefix.slice(0, -1)) === undefined) return undefined;
  return `namePrefix must be a folder that ends with "/", or "key-1" would open "key-10" too, got ${brief(prefix)}`;
}

/** A file's name: up to 1,024 bytes of UTF-8, no leading or trailing slash, no empty part, no control character. */
export function fileNameProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name);
  const clean = name.split("/").every((part) => part !== "") && !/[\p{Cc}\\]/u.test(name);
  if (bytes <= 1024 && clean) return undefined;
  return `fileName must be at most 1024 bytes without empty parts, backslashes or control characters, got ${brief(name)}`;
}

export function lifecycleProblem(rules: readonly LifecycleRule[]): string | undefined {
  for (const [index, rule] of rules.entries()) {
    for (const [key, days] of Object.entries(rule)) {
      if (typeof days === "number" && !(Number.isInteger(days) && days > 0)) {
        return `lifecycleRules[${index}].${key} must be a whole number of days above 0, got ${days}`;
      }
    }
  }
  return undefined;
}

export function durationProblem(seconds: number): string | undefined {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds < 86_400_000) return undefined;
  return `validDurationInSeconds must be whole seconds from 1 to 1000 days, got ${seconds}`;
}

export function sha256Problem(digest: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(digest) ? undefined : "sha256 must be 64 hexadecimal digits of the decoded content";
}
