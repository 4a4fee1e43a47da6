import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { derivedSecret } from "../../../components/store/derive.ts";
import { oracle } from "../../conformance/support/host-tree.ts";
import type { RenderedHost } from "./render.ts";
import { ADMIN, LOCAL_ENDPOINT, type Store } from "./store.ts";

/** A snapshot as restic lists it. */
export interface Snapshot {
  readonly id: string;
  readonly time: string;
  readonly tags: readonly string[];
  readonly paths: readonly string[];
}

/** A workload's snapshots as whoever holds the recovery kit sees them, off the host. */
export class Repository {
  private readonly env: NodeJS.ProcessEnv;

  constructor(store: Store, host: RenderedHost, workload: string) {
    const state = host.keys.find(({ prefix }) => prefix.endsWith("/state/"));
    if (state === undefined) throw new Error("no key is limited to the state");
    this.env = {
      PATH: process.env["PATH"],
      HOME: tmpdir(),
      AWS_ACCESS_KEY_ID: ADMIN.id,
      AWS_SECRET_ACCESS_KEY: ADMIN.secret,
      RESTIC_REPOSITORY: `s3:${LOCAL_ENDPOINT}/${store.bucket}/${state.prefix}${workload}`,
      RESTIC_PASSWORD: derivedSecret(host.root, `restic:${workload}`),
    };
  }

  /** Those of roost, the lowest sequence first. */
  async snapshots(): Promise<Snapshot[]> {
    const all: Snapshot[] = JSON.parse(await this.restic("snapshots", "--json", "--no-lock"));
    return all.filter(({ tags }) => tags.includes("roost")).toSorted((a, b) => sequence(a) - sequence(b));
  }

  async last(): Promise<Snapshot> {
    const found = (await this.snapshots()).at(-1);
    if (found === undefined) throw new Error("the repository has no snapshot of roost");
    return found;
  }

  /** The content of a file of the last snapshot; `path` is relative to the workload's data. */
  async read(path: string): Promise<string> {
    const { id, paths } = await this.last();
    return this.restic("dump", "--no-lock", id, `${paths[0]}/${path}`);
  }

  /** Paths of the last snapshot's files below the workload's data. */
  async files(): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "restored-"));
    try {
      const { id, paths } = await this.last();
      await this.restic("restore", "--no-lock", "--verify", "--target", folder, `${id}:${paths[0]}`);
      return (await readdir(folder, { recursive: true })).toSorted();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  private restic(...args: string[]): Promise<string> {
    const program = join(oracle("restic-0.18.0", "restic.sh"), "restic");
    return new Promise((done, failed) => {
      execFile(program, ["--no-cache", ...args], { env: this.env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else failed(new Error(`restic ${args[0]}: ${stderr}`));
      });
    });
  }
}

export function tag({ tags }: Snapshot, name: string): string {
  return tags.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

function sequence(snapshot: Snapshot): number {
  return Number(tag(snapshot, "sequence"));
}
