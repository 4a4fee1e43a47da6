import { spawnSync } from "node:child_process";
import { derivedSecret, hostRoot } from "../../components/store/derive.ts";
import { type Access, regionOf } from "./store.ts";

/** A snapshot of ours. */
export interface Snapshot {
  readonly id: string;
  readonly time: string;
  readonly path: string;
  readonly sequence: number;
  readonly generation: number;
  readonly files?: number;
  readonly bytes?: number;
}

/** restic said no; the message is one line. */
export class ResticError extends Error {}

/** restic on one workload's repository, in the bucket or copied to a folder. */
export class Repository {
  readonly #place: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(place: string, password: string, environment: NodeJS.ProcessEnv) {
    this.#place = place;
    // In the environment of this one process: a file would outlive a crash.
    this.#environment = { ...environment, RESTIC_PASSWORD: password };
  }

  static inBucket(access: Access, prefix: string, password: string, environment: NodeJS.ProcessEnv): Repository {
    return new Repository(`s3:${access.endpoint}/${access.bucket}/${prefix}`, password, {
      ...environment,
      AWS_ACCESS_KEY_ID: access.keyId,
      AWS_SECRET_ACCESS_KEY: access.key,
      AWS_DEFAULT_REGION: regionOf(access.endpoint),
    });
  }

  /** What restic prints; throws with its last line. */
  run(...args: string[]): string {
    const { status, stdout, stderr, error } = spawnSync("restic", ["--repo", this.#place, "--quiet", ...args], {
      env: this.#environment,
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    });
    if (error !== undefined) throw new ResticError(`restic does not start: install 0.17 or later (${error.message})`);
    if (status !== 0) throw new ResticError(`restic ${args[0]} ended with ${status}: ${lastLine(stderr)}`);
    return stdout;
  }

  /** The lowest sequence first. */
  snapshots(): Snapshot[] {
    const all: unknown = JSON.parse(this.run("snapshots", "--json", "--no-lock"));
    return (Array.isArray(all) ? all : []).flatMap(ours).toSorted((a, b) => a.sequence - b.sequence);
  }
}

/** The password of a workload's repository, from the store's root. */
export function repositoryPassword(root: string, host: string, workload: string): string {
  return derivedSecret(hostRoot(root, host), `restic:${workload}`);
}

function ours(value: {
  id: string;
  time: string;
  paths: string[];
  tags?: string[];
  summary?: { total_files_processed: number; total_bytes_processed: number };
}): Snapshot[] {
  const tag = (name: string) => Number(value.tags?.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1));
  const [sequence, generation] = [tag("sequence"), tag("generation")];
  if (value.tags?.includes("roost") !== true || Number.isNaN(sequence) || Number.isNaN(generation)) return [];
  const { id, time, paths, summary } = value;
  const size = summary && { files: summary.total_files_processed, bytes: summary.total_bytes_processed };
  return [{ id, time, path: paths[0] ?? "/", sequence, generation, ...size }];
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, 300);
}
