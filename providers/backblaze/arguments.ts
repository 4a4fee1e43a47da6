import type { CheckFailure } from "@pulumi/pulumi/provider/index.js";
import { z } from "zod";
import { choice, list, mapOf } from "../../agents/fields.ts";
import { kindOf, strictMap } from "../../agents/keys.ts";
import * as checks from "./checks.ts";
import { holdsUnknown, type Properties, plainOf, present } from "./properties.ts";

/** A rule's message is a whole sentence that begins with the argument's name. */
type Rule<T> = (value: T) => string | undefined;

function ruled<S extends z.ZodType>(schema: S, rule: Rule<z.output<S>>): S {
  return schema.superRefine((value, context) => {
    const message = rule(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

const aText = () => z.string({ error: (issue) => `must be a text, got ${kindOf(issue.input)}` });
const aNumber = () => z.number({ error: (issue) => `must be a number, got ${kindOf(issue.input)}` });

const lifecycleRule = strictMap("a lifecycle rule", {
  fileNamePrefix: aText(),
  daysFromHidingToDeleting: aNumber().optional(),
  daysFromUploadingToHiding: aNumber().optional(),
  daysFromStartingToCancelingUnfinishedLargeFiles: aNumber().optional(),
});

/** Arguments of a bucket. */
export const bucketArguments = z.strictObject({
  bucketName: ruled(aText(), checks.bucketNameProblem),
  bucketType: choice(["allPrivate", "allPublic"]),
  bucketInfo: ruled(mapOf("names to texts", z.string(), aText()), checks.bucketInfoProblem).optional(),
  lifecycleRules: ruled(list("lifecycle rules", lifecycleRule), checks.lifecycleProblem).optional(),
  defaultServerSideEncryption: strictMap("an encryption", {
    mode: choice(["SSE-B2"]),
    algorithm: choice(["AES256"]),
  }).optional(),
});

/** Arguments of an application key. */
export const applicationKeyArguments = z.strictObject({
  keyName: ruled(aText(), checks.keyNameProblem),
  capabilities: ruled(list("capabilities", aText()), checks.capabilitiesProblem),
  bucketIds: list("bucket ids", aText()).optional(),
  namePrefix: ruled(aText(), checks.namePrefixProblem).optional(),
  validDurationInSeconds: ruled(aNumber(), checks.durationProblem).optional(),
});

/** Arguments of a file. */
export const bucketFileArguments = z.strictObject({
  bucketId: aText(),
  fileName: ruled(aText(), checks.fileNameProblem),
  content: ruled(aText(), checks.contentProblem),
  contentType: ruled(aText(), checks.contentTypeProblem),
  sha256: ruled(aText(), checks.sha256Problem),
});

/** Everything wrong with a resource's arguments one by one; what a preview does not know yet passes. */
export function argumentProblems(schema: z.ZodObject, news: Properties): CheckFailure[] {
  const known = Object.keys(schema.shape);
  const strangers = Object.keys(present(news)).filter((name) => !known.includes(name));
  const problems = strangers.map((name) => ({
    property: "",
    reason: `"${name}" is not an argument: they are ${known.join(", ")}`,
  }));
  return [...problems, ...known.flatMap((name) => problemsOf(name, schema.shape[name], news[name]))];
}

function problemsOf(name: string, leaf: z.core.$ZodType | undefined, value: unknown): CheckFailure[] {
  if (leaf === undefined || holdsUnknown(value)) return [];
  const found = z.safeParse(leaf, plainOf(value) ?? undefined);
  if (found.success) return [];
  return found.error.issues.map(({ code, path, message }) => ({
    property: value === undefined ? "" : name,
    reason: code === "custom" ? message : `${z.core.toDotPath([name, ...path])} ${message}`,
  }));
}
