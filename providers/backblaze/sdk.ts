import * as pulumi from "@pulumi/pulumi";
import { assertValid, plain } from "../validation.ts";
import {
  bucketNameProblem,
  capabilitiesProblem,
  contentTypeProblem,
  durationProblem,
  fileNameProblem,
  keyNameProblem,
  type LifecycleRule,
  lifecycleProblem,
  namePrefixProblem,
  sha256Problem,
} from "./checks.ts";
import { REPLACED_BY } from "./replaced-by.ts";

/** Arguments of a bucket, named as in the Terraform provider `backblaze/b2`. */
export interface BucketArgs {
  /** Unique in all of B2; can never change. */
  readonly bucketName: pulumi.Input<string>;
  readonly bucketType: pulumi.Input<"allPrivate" | "allPublic">;
  /** Notes that B2 keeps with the bucket. */
  readonly bucketInfo?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  readonly lifecycleRules?: pulumi.Input<LifecycleRule[]>;
  readonly defaultServerSideEncryption?: pulumi.Input<{ mode: "SSE-B2"; algorithm: "AES256" }>;
}

/** A B2 bucket. Its deletion is refused while it holds files. */
export class Bucket extends pulumi.CustomResource {
  declare readonly bucketName: pulumi.Output<string>;
  declare readonly bucketId: pulumi.Output<string>;
  /** S3 address of the account's region, such as `https://s3.us-west-004.backblazeb2.com`. */
  declare readonly s3Endpoint: pulumi.Output<string>;

  constructor(name: string, args: BucketArgs, opts?: pulumi.CustomResourceOptions) {
    assertValid("backblaze:index:Bucket", name, [
      plain(args.bucketName, bucketNameProblem),
      plain(args.lifecycleRules, lifecycleProblem),
    ]);
    super(
      "backblaze:index:Bucket",
      name,
      {
        bucketName: args.bucketName,
        bucketType: args.bucketType,
        bucketInfo: args.bucketInfo,
        lifecycleRules: args.lifecycleRules,
        defaultServerSideEncryption: args.defaultServerSideEncryption,
        bucketId: undefined /*out*/,
        s3Endpoint: undefined /*out*/,
      },
      opts,
    );
  }
}

/** Arguments of an application key, named as in the Terraform provider; every change makes another key. */
export interface ApplicationKeyArgs {
  /** 1 to 100 letters, digits and hyphens; need not be unique. */
  readonly keyName: pulumi.Input<string>;
  readonly capabilities: pulumi.Input<string[]>;
  /** The buckets it is limited to; all of the account when absent. */
  readonly bucketIds?: pulumi.Input<pulumi.Input<string>[]>;
  /** The folder it is limited to, with its closing slash. */
  readonly namePrefix?: pulumi.Input<string>;
  /** Seconds until it expires; never when absent. */
  readonly validDurationInSeconds?: pulumi.Input<number>;
}

/** Every input of `ApplicationKey`, for an `ignoreChanges` that freezes one. */
export const APPLICATION_KEY_INPUTS: readonly (keyof ApplicationKeyArgs)[] = REPLACED_BY.ApplicationKey;

/** A B2 application key. B2 tells its secret once, at creation; only the encrypted state keeps it. */
export class ApplicationKey extends pulumi.CustomResource {
  declare readonly applicationKeyId: pulumi.Output<string>;
  /** The secret half. */
  declare readonly applicationKey: pulumi.Output<string>;

  constructor(name: string, args: ApplicationKeyArgs, opts?: pulumi.CustomResourceOptions) {
    assertValid("backblaze:index:ApplicationKey", name, [
      plain(args.keyName, keyNameProblem),
      plain(args.capabilities, capabilitiesProblem),
      plain(args.namePrefix, namePrefixProblem),
      plain(args.validDurationInSeconds, durationProblem),
    ]);
    super(
      "backblaze:index:ApplicationKey",
      name,
      {
        keyName: args.keyName,
        capabilities: args.capabilities,
        bucketIds: args.bucketIds,
        namePrefix: args.namePrefix,
        validDurationInSeconds: args.validDurationInSeconds,
        applicationKeyId: undefined /*out*/,
        applicationKey: undefined /*out*/,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["applicationKey"] }),
    );
  }
}

/** Arguments of a file in a bucket. */
export interface BucketFileArgs {
  readonly bucketId: pulumi.Input<string>;
  /** The file's whole name, folders included. */
  readonly fileName: pulumi.Input<string>;
  /** Base64; always secret, whatever the caller did. */
  readonly content: pulumi.Input<string>;
  /** Media type, such as `application/jose`. */
  readonly contentType: pulumi.Input<string>;
  /** SHA-256 of the decoded content in hexadecimal: plain, because it is what a diff shows. */
  readonly sha256: pulumi.Input<string>;
}

/** A small file in a B2 bucket. */
export class BucketFile extends pulumi.CustomResource {
  declare readonly fileName: pulumi.Output<string>;
  declare readonly fileId: pulumi.Output<string>;

  constructor(name: string, args: BucketFileArgs, opts?: pulumi.CustomResourceOptions) {
    assertValid("backblaze:index:BucketFile", name, [
      plain(args.fileName, fileNameProblem),
      plain(args.contentType, contentTypeProblem),
      plain(args.sha256, sha256Problem),
    ]);
    super(
      "backblaze:index:BucketFile",
      name,
      {
        bucketId: args.bucketId,
        fileName: args.fileName,
        content: pulumi.secret(args.content),
        contentType: args.contentType,
        sha256: args.sha256,
        fileId: undefined /*out*/,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["content"] }),
    );
  }
}
