import type { Secret } from "./secret.ts";

/** Names that are not tenants: the Moltbot gateway, the nanobot master and the host's own registry. */
export const RESERVED_NAMES = ["host", "moltbot", "master"] as const;

/** A secret that only the host's root can make: HKDF-SHA256 of the host root with this `info`. */
export interface DerivedSecret {
  readonly info: string;
}

/** A secret of a workload and the file it becomes inside the container. */
export interface WorkloadSecret {
  /** Name in Podman's secret store, such as `frontend-telegram-token`; unique on a host. */
  readonly name: string;
  readonly value: Secret | DerivedSecret;
  /**
   * Where the container sees it: a bare name lies in `/run/secrets`, an absolute path is taken as it is.
   * The nanobot launcher turns each bare name into an environment variable of the agent's process.
   */
  readonly target: string;
  /** Owner inside the container: 0 for the launcher, which reads it before it drops to uid 1000; 1000 for OpenClaw. */
  readonly uid: 0 | 1000;
  /** Octal mode of the file, such as `0o400`. */
  readonly mode: 0o400 | 0o600;
}

/** An account whose messages go to one of its connections only: a second poller takes some away, so it may appear once. */
export type ChannelIdentity = BotIdentity | AppIdentity;

/** A bot, known by its token. */
export interface BotIdentity {
  readonly kind: "telegram" | "discord";
  readonly token: Secret;
  /** Config path of the token below the workload, such as `telegram.token`. */
  readonly path: string;
}

/**
 * An app, known by its id, which is no secret. Each event goes to one of its connections, at random:
 * https://open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/request-url-configuration-case
 */
export interface AppIdentity {
  readonly kind: "feishu";
  readonly appId: string;
  /** Config path of the id below the workload, such as `feishu.appId`. */
  readonly path: string;
}

/** What one agent process needs from the place it runs in; plain data, the same for every target. */
export interface Workload {
  /** `moltbot`, `master` or the tenant's name. */
  readonly name: string;
  readonly kind: "nanobot" | "moltbot";
  /** Image reference by digest, `registry/name@sha256:…`. */
  readonly image: string;
  /** Images that must be on the host besides its own, by short name, such as `moltbot-sandbox`. */
  readonly extraImages: Readonly<Record<string, string>>;
  /** Arguments for the image's entry point. */
  readonly command: readonly string[];
  /** Config files by file name, root-owned 0444, without any secret in them. */
  readonly files: Readonly<Record<string, string>>;
  /** Plain environment of the container; secrets never travel here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly WorkloadSecret[];
  readonly state: WorkloadState;
  /** CPUs, such as 1 or 0.5. */
  readonly cpus: number;
  /** Limit of the container's own memory in MiB. */
  readonly memoryMib: number;
  /** What the plan check counts in MiB: the expected need on the host, sandboxes included. */
  readonly plannedMemoryMib: number;
  readonly pidsLimit: number;
  readonly health: HealthProbe;
  /** Longest orderly stop in seconds: SIGTERM until SIGKILL. */
  readonly stopTimeoutSeconds: number;
  readonly channels: readonly ChannelIdentity[];
  /** By channel, ids of the people whom it answers, as the agent itself compares them. */
  readonly allowFrom: Readonly<Record<string, readonly string[]>>;
  /** Whether people whom it lets in by pairing stay in, although no list names them. */
  readonly pairing: boolean;
  /** The generation in which it may start without its past, because a person said so. */
  readonly fresh: number | undefined;
  /** Private addresses it may reach, each `CIDR` or `address:port`; everything private is closed otherwise. */
  readonly egress: readonly string[];
  /** Public hosts it talks to, for the reader of a preview. */
  readonly publicHosts: readonly string[];
}

/** What of a workload is kept, and how. */
export interface WorkloadState {
  /** Size of the state volume in MiB; at least 512. */
  readonly volumeMib: number;
  /** Where the container sees its data; never changes, agents tie their history to it. */
  readonly mountPath: string;
  /** Paths below `mountPath` that matter to a restore, for the reader and the checks. */
  readonly paths: readonly string[];
  /** Globs below `mountPath` that no backup takes. */
  readonly exclude: readonly string[];
  /** SQLite databases below `mountPath`: copied with `-wal` and `-shm` under one pause. */
  readonly databases: readonly string[];
  readonly backupEveryMinutes: number;
}

/** A check inside the container. */
export interface HealthProbe {
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly startPeriodSeconds: number;
}
