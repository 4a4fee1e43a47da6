import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../agents/secret.ts";
import { bucketNameProblem } from "../../providers/backblaze/checks.ts";
import { APPLICATION_KEY_INPUTS, ApplicationKey, Bucket } from "../../providers/backblaze/sdk.ts";
import { assertValid } from "../../providers/validation.ts";
import { hostRoot, ROOT_PATTERN } from "./derive.ts";

const TYPE = "roost:store:Store";

/** Opens and lists; a key limited to a bucket needs both bucket capabilities for the S3 interface. */
const READ_CAPABILITIES = ["listAllBucketNames", "listBuckets", "listFiles", "readFiles"];

/** Without `deleteFiles`: whoever has root on a host can hide what it stored, and not delete it. */
const STATE_CAPABILITIES = [...READ_CAPABILITIES, "writeFiles"];

export interface StoreArgs {
  /** The bucket's name, unique in all of B2; can never change. */
  readonly bucketName: string;
  /**
   * Days that hidden or overwritten files can still be read.
   * @default 30
   */
  readonly hiddenDays?: number;
  /**
   * Root of all passwords, 32 bytes in base64url, from a recovery kit.
   * @default 32 random bytes, once
   */
  readonly root?: Secret;
  /** The bucket's name once more: the word that lets `destroy` end the bucket and the root. */
  readonly erase?: string;
}

/** One host of the store, by its component's name. */
export interface StoreHost {
  /** The generation whose releases its reading key opens. */
  readonly generation: number;
}

/** What one host needs of the store. */
export interface HostStore {
  readonly bucketId: pulumi.Output<string>;
  readonly bucketName: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  /** The host's root, secret. */
  readonly root: pulumi.Output<string>;
  /** `<stack>/<host>/releases/g<N>/`. */
  readonly releasePrefix: string;
  /** `<stack>/<host>/state/`. */
  readonly statePrefix: string;
  /** Reads and writes the state of the host's workloads. */
  readonly stateKey: ApplicationKey;
  /** Reads the releases of this generation, nothing else. */
  readonly releaseKey: ApplicationKey;
}

/** The bucket that holds releases and state, the root of all its passwords, and each host's keys. */
export class Store extends pulumi.ComponentResource {
  readonly bucket: Bucket;
  readonly hosts: Readonly<Record<string, HostStore>>;
  /** Secret: bucket, endpoint and root; with them every backup can be opened when all else is lost. */
  readonly recoveryKit: pulumi.Output<{ bucket: string; endpoint: string; root: string }>;

  constructor(
    name: string,
    args: StoreArgs & { readonly hosts: Readonly<Record<string, StoreHost>> },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    assertValid(TYPE, name, storeProblems(args));
    super(TYPE, name, { bucketName: args.bucketName }, opts);
    const protect = args.erase !== args.bucketName;

    this.bucket = this.createBucket(name, args, protect);
    const root = this.createRoot(name, args.root, protect);
    this.hosts = Object.fromEntries(
      Object.entries(args.hosts).map(([host, { generation }]) => [host, this.createHost(name, host, generation, root)]),
    );
    this.recoveryKit = pulumi.secret(
      pulumi.output({ bucket: this.bucket.bucketName, endpoint: this.bucket.s3Endpoint, root }),
    );

    this.registerOutputs({ bucketName: this.bucket.bucketName });
  }

  private createBucket(name: string, args: StoreArgs, protect: boolean): Bucket {
    return new Bucket(
      `${name}-bucket`,
      {
        bucketName: args.bucketName,
        bucketType: "allPrivate",
        // Tells a bucket whose creation lost its answer from somebody else's.
        bucketInfo: { "roost-stack": pulumi.getStack() },
        defaultServerSideEncryption: { mode: "SSE-B2", algorithm: "AES256" },
        lifecycleRules: [
          {
            fileNamePrefix: "",
            daysFromHidingToDeleting: args.hiddenDays ?? 30,
            daysFromStartingToCancelingUnfinishedLargeFiles: 7,
          },
        ],
      },
      { parent: this, protect },
    );
  }

  /** Made once and frozen: another root would open none of the backups. */
  private createRoot(name: string, root: Secret | undefined, protect: boolean): pulumi.Output<string> {
    const input = pulumi.secret(root?.reveal() ?? randomBytes(32).toString("base64url"));
    const stash = new pulumi.Stash(
      `${name}-root`,
      { input },
      { parent: this, protect, ignoreChanges: ["input"], additionalSecretOutputs: ["input", "output"] },
    );
    return pulumi.secret(stash.output.apply((output): string => output));
  }

  private createHost(name: string, host: string, generation: number, root: pulumi.Output<string>): HostStore {
    const folder = `${pulumi.getStack()}/${host}`;
    const releasePrefix = `${folder}/releases/g${generation}/`;
    const statePrefix = `${folder}/state/`;
    const stateKey = this.createKey(`${name}-${host}-state`, STATE_CAPABILITIES, statePrefix);
    // Named by its generation and frozen: a bump that is taken back finds the running host's key untouched.
    const releaseKey = this.createKey(`${name}-${host}-release-g${generation}`, READ_CAPABILITIES, releasePrefix, [
      ...APPLICATION_KEY_INPUTS,
    ]);
    return {
      bucketId: this.bucket.bucketId,
      bucketName: this.bucket.bucketName,
      endpoint: this.bucket.s3Endpoint,
      root: root.apply((value) => hostRoot(value, host)),
      releasePrefix,
      statePrefix,
      stateKey,
      releaseKey,
    };
  }

  private createKey(name: string, capabilities: string[], namePrefix: string, ignoreChanges: string[] = []) {
    const keyName = `roost-${pulumi.getStack()}-${name}`.replaceAll(/[^A-Za-z0-9-]/g, "-").slice(0, 100);
    return new ApplicationKey(
      name,
      { keyName, capabilities: [...capabilities], bucketIds: [this.bucket.bucketId], namePrefix },
      { parent: this, ignoreChanges },
    );
  }
}

/** Everything wrong with a store's arguments. */
export function storeProblems(args: StoreArgs): (string | undefined)[] {
  const days = args.hiddenDays;
  return [
    bucketNameProblem(args.bucketName),
    days === undefined || (Number.isInteger(days) && days >= 1)
      ? undefined
      : `hiddenDays must be whole days, at least 1, got ${days}`,
    args.root === undefined || ROOT_PATTERN.test(args.root.reveal())
      ? undefined
      : "root must be 32 bytes in base64url (43 characters), as in a recovery kit",
    args.erase === undefined || args.erase === args.bucketName
      ? undefined
      : "erase must be the bucket's name, got another",
  ];
}
