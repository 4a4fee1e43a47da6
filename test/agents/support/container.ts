import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Network } from "./network.ts";
import type { RenderedContainer } from "./rendered.ts";
import { until } from "./until.ts";

/** What an image brings along, as far as the tests have it. */
export interface Image {
  /** Folder that is the root. */
  readonly root: string;
  /** Programs that lie over it, by absolute path. */
  readonly programs: Readonly<Record<string, string>>;
  /** Folders of the machine that it has at their own path. */
  readonly trees: readonly string[];
  /** Folders that any user may enter, whatever their mode on the machine. */
  readonly open: readonly string[];
  /** What comes before the command of the container. */
  readonly entryPoint: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a program said, and its exit status. */
export interface Output {
  readonly status: number;
  readonly text: string;
}

const AGENT = 1000;
const STATE = "/var/lib/roost/state/";
const RELEASE = "/etc/roost/current/workloads/";
const AUTHORITY = "/etc/test-authority.pem";
const SCRIPT = join(import.meta.dirname, "container.sh");

/** An agent in its container, as the rendered quadlet describes it, inside the network of a test. */
export class Container {
  readonly rendered: RenderedContainer;
  readonly #folder: string;
  readonly #image: Image;
  readonly #network: Network;
  readonly #environment: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;

  /** `folder` keeps the state and the log over restarts. */
  constructor(folder: string, rendered: RenderedContainer, image: Image, network: Network) {
    this.rendered = rendered;
    this.#folder = folder;
    this.#image = image;
    this.#network = network;
    this.#environment = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      // Python reads the first, Node the second.
      SSL_CERT_FILE: AUTHORITY,
      NODE_EXTRA_CA_CERTS: AUTHORITY,
      ...image.environment,
      ...rendered.environment,
    };
    mkdirSync(this.data, { recursive: true });
    chownSync(this.data, AGENT, AGENT);
    this.#layOut();
  }

  /** The state volume, as the machine sees it. */
  get data(): string {
    return join(this.#folder, "data");
  }

  /** All that the agent printed, restarts included. */
  get log(): string {
    return readFileSync(join(this.#folder, "log"), "utf8");
  }

  /** Starts the agent and waits until its health probe passes; the seconds that took. */
  async start(patience = 120): Promise<number> {
    const begin = performance.now();
    this.launch();
    await until("the agent's health", patience, async () => {
      if (this.#process?.exitCode !== null)
        throw new Error(`the agent ended at its start with ${this.#process?.exitCode}: ${this.log.slice(-2000)}`);
      return this.isHealthy();
    });
    return (performance.now() - begin) / 1000;
  }

  /** Starts the agent and waits for nothing. */
  launch(): void {
    const log = openSync(join(this.#folder, "log"), "a");
    const { entryPoint } = this.#image;
    const { command } = this.rendered;
    const inside = ["bash", SCRIPT, ...this.#options(), this.#image.root, this.#over, "--", ...entryPoint, ...command];
    // Nothing of a test that is killed stays behind.
    const args = ["--pdeathsig", "KILL", "--", "nsenter", `--net=${this.#network.namespace}`, "--", ...inside];
    this.#process = spawn("setpriv", args, {
      env: this.#environment,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  /** Whether the health probe of the container passes. */
  async isHealthy(): Promise<boolean> {
    return (await this.exec(this.rendered.healthCommand)).status === 0;
  }

  /** Runs a command beside the agent, as `podman exec` does. */
  async exec(command: readonly string[]): Promise<Output> {
    const pid = this.#main();
    if (pid === undefined) return { status: 125, text: "the container does not run" };
    const uid = this.rendered.user;
    const user = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--bounding-set=-all", "--no-new-privs"];
    const enter = ["--target", String(pid), "--net", "--mount", "--pid", "--root", "--wd"];
    return new Promise((resolve) => {
      const args = [...enter, "--", "setpriv", ...user, "--inh-caps=-all", "--", ...command];
      execFile("nsenter", args, { env: this.#environment, timeout: 60_000 }, (error, stdout, stderr) => {
        const status = typeof error?.code === "number" ? error.code : 1;
        resolve({ status: error === null ? 0 : status, text: stdout + stderr });
      });
    });
  }

  /** Sends SIGTERM and waits for the end; fails past the time that the quadlet gives it. */
  async stop(): Promise<{ readonly status: number; readonly seconds: number }> {
    const [begin, pid] = [performance.now(), this.#main()];
    if (pid === undefined) throw new Error("the container does not run");
    process.kill(pid, "SIGTERM");
    const limit = this.rendered.stopTimeoutSeconds;
    const status = await until("the end after SIGTERM", limit, () => this.#process?.exitCode ?? undefined);
    return { status, seconds: (performance.now() - begin) / 1000 };
  }

  /** Ends whatever still runs. */
  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  /** Memory of all processes inside, in MiB, the greatest first; what several share counts once. */
  memoryMib(): number[] {
    const pid = this.#process?.pid;
    const sizes = pid === undefined ? [] : descendants(pid).map(proportionalMib);
    return sizes.toSorted((a, b) => b - a);
  }

  get #over(): string {
    return join(this.#folder, "over");
  }

  /** The first process inside. */
  #main(): number | undefined {
    const pid = this.#process?.pid;
    return pid === undefined ? undefined : children(pid)[0];
  }

  #options(): string[] {
    const { volumes, secrets, tmpfs, user, capabilities } = this.rendered;
    const mounts = volumes.flatMap(({ source, target, readOnly }) => {
      const here = this.#sourceOf(source);
      return here === undefined ? [] : [`${here}:${target}${readOnly ? ":ro" : ""}`];
    });
    const files = secrets.map(({ path }, index) => `${join(this.#folder, "secrets", String(index))}:${path}:ro`);
    return [
      ...[...mounts, ...files].flatMap((volume) => ["--volume", volume]),
      ...this.#image.trees.flatMap((tree) => ["--tree", tree]),
      ...tmpfs.flatMap((entry) => ["--tmpfs", entry]),
      ...["--user", String(user)],
      ...capabilities.flatMap((name) => ["--capability", name]),
    ];
  }

  /** Where a volume of the host lies here; nowhere for the engine's socket. */
  #sourceOf(source: string): string | undefined {
    if (source.startsWith(STATE)) return this.data;
    if (!source.startsWith(RELEASE)) return undefined;
    return join(this.#folder, "release", source.slice(RELEASE.length));
  }

  #layOut(): void {
    const [workload = ""] = this.rendered.volumes.flatMap(({ source }) =>
      source.startsWith(RELEASE) ? [source.slice(RELEASE.length).split("/")[0]] : [],
    );
    for (const [name, content] of Object.entries(this.rendered.files)) {
      write(join(this.#folder, "release", workload, name), content, 0o444);
    }
    for (const [index, { path, uid, mode, value }] of this.rendered.secrets.entries()) {
      const file = join(this.#folder, "secrets", String(index));
      write(file, value, mode);
      chownSync(file, uid, uid);
      this.#prepareInState(path);
    }
    for (const [path, content] of Object.entries(this.#image.programs)) {
      write(join(this.#over, path), content, 0o755);
    }
    for (const folder of this.#image.open) mkdirSync(join(this.#over, folder), { recursive: true });
    write(join(this.#over, "etc/resolv.conf"), "nameserver 127.0.0.1\n", 0o644);
    copyFileSync(this.#network.authority, join(this.#over, AUTHORITY));
  }

  /** Podman would make the folders of a mount inside the state volume as root, which the agent could not write to. */
  #prepareInState(path: string): void {
    const volume = this.rendered.volumes.find(
      ({ source, target }) => source.startsWith(STATE) && path.startsWith(target),
    );
    if (volume === undefined) return;
    let folder = this.data;
    for (const part of dirname(path)
      .slice(volume.target.length + 1)
      .split("/")) {
      folder = join(folder, part);
      if (existsSync(folder)) continue;
      mkdirSync(folder, { mode: 0o700 });
      chownSync(folder, AGENT, AGENT);
    }
    const place = join(folder, basename(path));
    write(place, "", 0o600);
    chownSync(place, AGENT, AGENT);
  }
}

function write(file: string, content: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

function children(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) =>
    readFileSync(join(tasks, task, "children"), "utf8")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [child, ...descendants(child)]);
}

function proportionalMib(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return Math.round(Number(kib ?? 0) / 1024);
}
