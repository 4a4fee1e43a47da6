import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostRoot } from "../../../../components/store/derive.ts";
import { BUCKET, HOST_KEY, oracle, type Store } from "./store.ts";

const SOURCES = join(import.meta.dirname, "../../../../host");
const STAND_INS = join(import.meta.dirname, "stand-ins");

/** The store's root of every test. */
export const STORE_ROOT = Buffer.alloc(32, 7).toString("base64url");

/** How a command ended. */
export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostOptions {
  readonly stack: string;
  readonly generation?: number;
  readonly born?: number;
  readonly workload?: object;
  readonly endpoint?: string;
  readonly root?: string;
}

/** A host in a folder: real scripts, restic, store and XFS volume; Podman and systemd are strict stand-ins. */
export class Host {
  readonly folder = mkdtempSync(join(tmpdir(), "roost-host-"));
  readonly options: HostOptions;
  readonly store: Store;
  readonly #mounts: string[] = [];

  constructor(store: Store, options: HostOptions) {
    this.store = store;
    this.options = options;
    this.#layOut();
    this.volume("alice");
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  state(...parts: string[]): string {
    return this.path("var/lib/roost/state/alice", ...parts);
  }

  json(path: string): Record<string, unknown> {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return value as Record<string, unknown>;
  }

  marker(): Record<string, unknown> {
    return this.json(this.state(".roost-marker.json"));
  }

  status(section: string): Record<string, unknown> {
    let value: unknown = this.json(this.path("var/lib/roost/status.json"));
    for (const part of ["workloads", "alice", section]) value = (value as Record<string, unknown>)[part];
    return value as Record<string, unknown>;
  }

  run(script: string, args: readonly string[] = ["alice"], env: NodeJS.ProcessEnv = {}): Result {
    return spawnSync("bash", [join(SOURCES, script), ...args], { encoding: "utf8", env: { ...this.env(), ...env } });
  }

  start(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    return spawn("bash", [join(SOURCES, script), ...args], {
      stdio: "ignore",
      env: { ...this.env(), ...env },
      detached: true,
    });
  }

  /** restic with this host's key; JSON answers parsed. */
  snapshots(): { id: string; tags: string[] }[] {
    const script = `. "$1/lib/common.sh"; . "$1/lib/restic.sh"; restic_run alice snapshots --json --no-lock`;
    const text = execFileSync("bash", ["-c", script, "test", SOURCES], { encoding: "utf8", env: this.env() });
    return JSON.parse(text) as { id: string; tags: string[] }[];
  }

  write(name: string, content: string): void {
    writeFileSync(this.state("data", name), content);
  }

  podman(state: "running" | "exited" | "paused"): void {
    writeFileSync(this.path("podman/nanobot-alice"), state);
  }

  podmanState(): string {
    return readFileSync(this.path("podman/nanobot-alice"), "utf8").trim();
  }

  podmanLog(): string[] {
    const log = this.path("podman/log");
    return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  }

  env(): NodeJS.ProcessEnv {
    return {
      PATH: `${this.path("bin")}:${STAND_INS}:${process.env["PATH"]}`,
      ROOST_ROOT: this.folder,
      STAND_IN_STATE: this.folder,
      HOME: this.folder,
    };
  }

  /** Shadows one tool by a script of this test's. */
  shadow(tool: string, script: string): void {
    writeFileSync(this.path("bin", tool), `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(this.path("bin", tool), 0o755);
  }

  unshadow(tool: string): void {
    rmSync(this.path("bin", tool));
  }

  /** Makes and mounts a workload's volume. */
  volume(name: string): void {
    const image = this.path(`${name}.xfs`);
    const at = this.path("var/lib/roost/state", name);
    mkdirSync(at, { recursive: true });
    execFileSync("truncate", ["--size", "320M", image]);
    execFileSync("mkfs.xfs", ["-q", image]);
    execFileSync("mount", ["-o", "loop,nodev,nosuid", image, at]);
    this.#mounts.push(at);
  }

  remove(): void {
    for (const at of this.#mounts) execFileSync("umount", [at]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #layOut(): void {
    const {
      stack,
      generation = 1,
      born = 1,
      workload = {},
      endpoint = this.store.endpoint,
      root = STORE_ROOT,
    } = this.options;
    const put = (path: string, content: string) => {
      mkdirSync(join(this.path(path), ".."), { recursive: true });
      writeFileSync(this.path(path), content);
    };
    put("etc/roost/birth.json", JSON.stringify({ stack, host: "host", generation }));
    put("etc/roost/releases/r1/manifest.json", JSON.stringify({ workloads: { alice: { born }, host: { born } } }));
    put("etc/roost/releases/r1/host/config.json", JSON.stringify({ stack, host: "host", resticImage: null }));
    const alice = {
      name: "alice",
      kind: "nanobot",
      service: "nanobot@alice.service",
      container: "nanobot-alice",
      image: "registry.example/nanobot@sha256:0",
      uid: 300_000,
      agentUid: 300_001,
      volumeMib: 320,
      mountPath: "/data",
      paths: ["/data/sessions"],
      exclude: ["cache"],
      databases: [],
      ...workload,
    };
    put("etc/roost/releases/r1/host/workloads/alice.json", JSON.stringify(alice));
    symlinkSync("releases/r1", this.path("etc/roost/current"));
    put("var/lib/roost/releases/r1/secrets/host-root", hostRoot(root, "host"));
    const prefix = `${stack}/host/state/`;
    put(
      "var/lib/roost/releases/r1/secrets/state.json",
      JSON.stringify({ endpoint, bucket: BUCKET, prefix, ...HOST_KEY }),
    );
    mkdirSync(this.path("bin"));
    mkdirSync(this.path("podman"));
    mkdirSync(this.path("usr/local/bin"), { recursive: true });
    symlinkSync(oracle("restic-0.18.0/restic"), this.path("usr/local/bin/restic"));
  }
}
