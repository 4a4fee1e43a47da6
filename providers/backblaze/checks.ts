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
  readonly daysFromHidingToDeleting?: number | undefined;
  readonly daysFromUploadingToHiding?: number | undefined;
  readonly daysFromStartingToCancelingUnfinishedLargeFiles?: number | undefined;
}

/** A bucket's name: 6 to 63 letters, digits and hyphens, unique in all of B2; `b2-` is Backblaze's own. */
export function bucketNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{4,61}[A-Za-z0-9]$/.test(name) && !/^b2-/i.test(name)) return undefined;
  return `bucketName must be 6 to 63 letters, digits and hyphens and not begin with "b2-", got ${brief(name)}`;
}

/** A key's capabilities, at least one. */
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

/** B2 gives the power over keys for the whole account or not at all. */
export function accountCapabilitiesProblem(capabilities: readonly string[]): string | undefined {
  const wide = capabilities.filter((capability) => capability.endsWith("Keys"));
  if (wide.length === 0) return undefined;
  return `capabilities of a key with bucketIds or namePrefix must not be over keys, got ${wide.join(", ")}`;
}

/** The folder that a key is limited to. */
export function namePrefixProblem(prefix: string): string | undefined {
  if (prefix.endsWith("/") && fileNameProblem(prefix.slice(0, -1)) === undefined) return undefined;
  return `namePrefix must be a folder that ends with "/", or "key-1" would open "key-10" too, got ${brief(prefix)}`;
}

/** A file's name: up to 1,024 bytes of UTF-8, no leading or trailing slash, no empty part, no control character. */
export function fileNameProblem(name: string): string | undefined {
  const parts = name.split("/").map((part) => Buffer.byteLength(part));
  const clean = parts.every((bytes) => bytes >= 1 && bytes <= 250) && !/[\p{Cc}\\]/u.test(name);
  if (Buffer.byteLength(name) <= 1024 && clean) return undefined;
  return `fileName must be at most 1024 bytes in parts of 1 to 250 bytes without backslashes or control characters, got ${brief(name)}`;
}

/** Up to 100 rules, each with at least one number of days: https://www.backblaze.com/docs/cloud-storage-lifecycle-rules */
export function lifecycleProblem(rules: readonly LifecycleRule[]): string | undefined {
  if (rules.length > 100) return `lifecycleRules must be at most 100 rules, got ${rules.length}`;
  for (const [index, rule] of rules.entries()) {
    const days = Object.entries(rule).filter(([, value]) => typeof value === "number");
    if (days.length === 0) return `lifecycleRules[${index}] must have a number of days, or it does nothing`;
    const wrong = days.find(([, value]) => !(Number.isInteger(value) && value > 0));
    if (wrong !== undefined) {
      return `lifecycleRules[${index}].${wrong[0]} must be a whole number of days above 0, got ${wrong[1]}`;
    }
  }
  return undefined;
}

/** Up to 10 notes with names of letters, digits, `-` and `_`: https://www.backblaze.com/apidocs/b2-create-bucket */
export function bucketInfoProblem(info: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(info);
  if (names.length > 10) return `bucketInfo must have at most 10 names, got ${names.length}`;
  const wrong = names.find((name) => !/^[A-Za-z0-9_-]{1,50}$/.test(name) || /^b2-/i.test(name));
  if (wrong === undefined) return undefined;
  return `bucketInfo must have names of 1 to 50 letters, digits, - and _ that do not begin with "b2-", got ${brief(wrong)}`;
}

/** How long a key lives, in seconds. */
export function durationProblem(seconds: number): string | undefined {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds < 86_400_000) return undefined;
  return `validDurationInSeconds must be whole seconds from 1 to 1000 days, got ${seconds}`;
}

/** A file's content in base64; never quoted, because it is secret. */
export function contentProblem(content: string): string | undefined {
  return Buffer.from(content, "base64").toString("base64") === content ? undefined : "content must be base64";
}

/** A media type; it becomes a header of the upload. */
export function contentTypeProblem(contentType: string): string | undefined {
  if (/^[\w.+-]+\/[\w.+-]+(; ?[\w.+-]+=[\w.+-]+)*$/.test(contentType)) return undefined;
  return `contentType must be a media type such as "application/json", got ${brief(contentType)}`;
}

/** A file's checksum. */
export function sha256Problem(digest: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(digest) ? undefined : "sha256 must be 64 hexadecimal digits of the decoded content";
}
