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

export const SOURCES = join(import.meta.dirname, "../../../../host");
const STAND_INS = join(import.meta.dirname, "stand-ins");

/** The store's root of every test. */
export const STORE_ROOT = Buffer.alloc(32, 7).toString("base64url");

/** Units that systemd knows on a host with one tenant. */
const UNITS = [
  ...["sync", "birth", "health", "reboot", "drill"].map((name) => `roost-${name}.timer`),
  ...["roost-agents.target", "nanobot@alice.service", "roost-restore@alice.service"],
  ...["alice", "host"].flatMap((name) => [`roost-backup@${name}.timer`, `roost-backup@${name}.service`]),
  "var-lib-roost-state-alice.mount",
];

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

  /** The exit status of a command that this process answers meanwhile. */
  runBeside(script: string): Promise<number | null> {
    return new Promise((resolve) => this.start(script, ["alice"]).once("exit", resolve));
  }

  /** A workload's snapshots, as restic shows them with this host's key. */
  snapshots(workload = "alice"): { id: string; tags: string[] }[] {
    return JSON.parse(this.ask(workload, "snapshots", "--json")) as { id: string; tags: string[] }[];
  }

  /** The paths of a snapshot's files below the copied tree. */
  files(workload: string, snapshot: string): string[] {
    const tree = `${this.path("var/lib/roost/state", workload, "staging/tree")}/`;
    const paths = this.ask(workload, "ls", snapshot).split("\n");
    return paths.flatMap((path) => (path.startsWith(tree) ? [path.slice(tree.length)] : []));
  }

  /** The answer of restic, with this host's key. */
  ask(workload: string, ...args: string[]): string {
    const script = `. "$1/lib/common.sh"; . "$1/lib/restic.sh"; restic_run "\${@:2}" --no-lock`;
    const options = { encoding: "utf8", env: this.env() } as const;
    return execFileSync("bash", ["-c", script, "test", SOURCES, workload, ...args], options);
  }

  /** Where an object of this host's state lies, as the store's `request` takes it. */
  bucketPath(key: string): string {
    return `${BUCKET}/${this.options.stack}/host/state/${key}`;
  }

  /** The objects that the store shows below a part of this host's state. */
  objects(part: string): string[] {
    const prefix = encodeURIComponent(`${this.options.stack}/host/state/${part}`);
    const answer = this.store.request("GET", `${BUCKET}?list-type=2&prefix=${prefix}`);
    return [...answer.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => `${BUCKET}/${key}`);
  }

  /** Changes how this host reaches its store. */
  access(changes: object): void {
    const file = this.path("var/lib/roost/releases/r1/secrets/state.json");
    writeFileSync(file, JSON.stringify({ ...this.json(file), ...changes }));
  }

  /** Holds a lock of the host as another command would. */
  hold(lock: string): { held: Promise<void>; release(): Promise<void> } {
    const file = this.path(lock);
    mkdirSync(join(file, ".."), { recursive: true });
    const holder = spawn("flock", [file, "bash", "-c", "echo held; read -r"], { stdio: ["pipe", "pipe", "ignore"] });
    return {
      held: new Promise((resolve) => holder.stdout.once("data", () => resolve())),
      release: () =>
        new Promise((resolve) => {
          holder.once("exit", () => resolve());
          holder.stdin.end();
        }),
    };
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

  /** Sets the state of a unit, as systemd names it. */
  unit(name: string, state: string): void {
    writeFileSync(this.path("systemd", name), state);
  }

  unitState(name: string): string {
    return readFileSync(this.path("systemd", name), "utf8").trim();
  }

  /** What systemctl was asked for, but not what it was only asked about. */
  systemdLog(): string[] {
    const log = this.path("systemd-log");
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    return lines.filter((line) => !line.startsWith("show "));
  }

  /** Puts a script in the place of restic; `$RESTIC` is the real one. */
  restic(script: string): void {
    const place = this.path("usr/local/bin/restic");
    rmSync(place);
    writeFileSync(
      place,
      `#!/usr/bin/env bash\nRESTIC=${oracle("restic-0.18.0/restic")}\n${script}\nexec "$RESTIC" "$@"\n`,
    );
    chmodSync(place, 0o755);
  }

  /** Snapshots are of this moment; a test that has none to lose skips what costs seconds of CPU. */
  neverForgets(): void {
    writeFileSync(this.state("staging/forgotten"), "");
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
    const image = this.path("var/lib/roost/volumes", `${name}.xfs`);
    const at = this.path("var/lib/roost/state", name);
    mkdirSync(join(image, ".."), { recursive: true });
    mkdirSync(at, { recursive: true });
    execFileSync("truncate", ["--size", "320M", image]);
    execFileSync("mkfs.xfs", ["-q", image]);
    execFileSync("mount", ["-o", "loop,nodev,nosuid", image, at]);
    this.#mounts.push(at);
  }

  /** Unmounts the tenant's volume. */
  unmount(): void {
    execFileSync("umount", [this.state()]);
  }

  mount(): void {
    const image = this.path("var/lib/roost/volumes/alice.xfs");
    execFileSync("mount", ["-o", "loop,nodev,nosuid", image, this.state()]);
  }

  remove(): void {
    for (const at of this.#mounts) spawnSync("umount", [at]);
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
      databases: ["usage.sqlite3"],
      ...workload,
    };
    put("etc/roost/releases/r1/host/workloads/alice.json", JSON.stringify(alice));
    put("etc/roost/releases/r1/workloads/alice/config.json", "{}");
    for (const timer of ["sync", "health", "reboot", "drill"]) {
      put(`etc/roost/releases/r1/units/timers.target.wants/roost-${timer}.timer`, "");
    }
    symlinkSync("releases/r1", this.path("etc/roost/current"));
    put("var/lib/roost/releases/r1/secrets/host-root", hostRoot(root, "host"));
    const prefix = `${stack}/host/state/`;
    put(
      "var/lib/roost/releases/r1/secrets/state.json",
      JSON.stringify({ endpoint, bucket: BUCKET, prefix, ...HOST_KEY }),
    );
    mkdirSync(this.path("bin"));
    for (const folder of ["podman", "systemd", "deaf"]) mkdirSync(this.path(folder));
    for (const unit of UNITS) this.unit(unit, "inactive");
    mkdirSync(this.path("usr/local/bin"), { recursive: true });
    symlinkSync(oracle("restic-0.18.0/restic"), this.path("usr/local/bin/restic"));
  }
}
