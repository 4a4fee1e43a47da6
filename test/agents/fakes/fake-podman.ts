// What OpenClaw asks of a rootless Podman engine behind a socket, answered as the engine would, without making a container:
// `exec` runs the command beside the caller, in the folder that the sandbox would have as its workspace.
// Whatever else it is asked is an error.
//
// Usage: fake-podman.ts FOLDER ARGUMENT...
//   FOLDER/calls        every call, one JSON array of arguments a line
//   FOLDER/env          what every --env-file held
//   FOLDER/container    the container that the last `create` made
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const SOCKET = "/run/user/1001/podman/podman.sock";
const ID = "1".repeat(64);
const DIGEST = /^[\w./-]+@sha256:[0-9a-f]{64}$/;

interface Made {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly {
    readonly Type: "bind";
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly running: boolean;
}

class Refusal extends Error {}

const [folder = ".", ...words] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
appendFileSync(join(folder, "calls"), `${JSON.stringify(words)}\n`);
try {
  process.exitCode = podman(words);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 125;
}

function podman(args: readonly string[]): number {
  const [first = "", second, ...rest] = args[0] === "--url" ? args.slice(2) : args;
  switch (first) {
    case "info":
      return say(`true\ttrue\t${SOCKET}\t5.4.2`);
    case "system":
      return say("[]");
    case "image":
      if (second !== "inspect" || !DIGEST.test(rest.at(-1) ?? "")) break;
      return say(JSON.stringify([{ Id: `sha256:${ID}` }]));
    case "create":
      return create([second ?? "", ...rest]);
    case "start":
      write({ ...made(second), running: true });
      return say(second ?? "");
    case "inspect":
      return inspect([second ?? "", ...rest]);
    case "exec":
      return exec([second ?? "", ...rest]);
    case "rm":
      rmSync(join(folder, "container"), { force: true });
      return 0;
    default:
  }
  throw new Refusal(`unknown here: podman ${args.join(" ")}`);
}

function create(args: string[]): number {
  const text = { type: "string" } as const;
  const many = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: text,
      label: many,
      tmpfs: many,
      volume: { ...many, short: "v" },
      "env-file": text,
      init: flag,
      "read-only": flag,
      "read-only-tmpfs": text,
      network: text,
      user: text,
      userns: text,
      "cap-drop": text,
      "security-opt": text,
      "pids-limit": text,
      memory: text,
      "memory-swap": text,
      cpus: text,
      "http-proxy": text,
      workdir: text,
    },
  });
  if (!DIGEST.test(positionals[0] ?? "")) throw new Refusal(`${positionals[0]} is no reference by digest`);
  const { name = "", label = [], tmpfs = [], volume = [], "env-file": envFile } = values;
  environment(envFile);
  write({
    name,
    labels: Object.fromEntries(label.map(halves)),
    mounts: volume.map((entry) => {
      const [Source = "", Destination = "", options = ""] = entry.split(":");
      return { Type: "bind", Source, Destination, RW: !options.split(",").includes("ro") };
    }),
    tmpfs: Object.fromEntries(tmpfs.map((entry) => [entry, ""])),
    running: false,
  });
  return say(ID);
}

function inspect(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { format: { type: "string", short: "f" } },
  });
  const { format = "" } = values;
  const container = made(positionals[0]);
  const [, label] = /^\{\{ index \.Config\.Labels "([^"]+)" \}\}$/.exec(format) ?? [];
  if (label !== undefined) return say(container.labels[label] ?? "");
  switch (format) {
    case "{{.State.Running}}":
      return say(String(container.running));
    case "{{.Id}}":
      return say(ID);
    case '{"Mounts":{{json .Mounts}},"Tmpfs":{{json .HostConfig.Tmpfs}}}':
      return say(JSON.stringify({ Mounts: container.mounts, Tmpfs: container.tmpfs }));
    default:
      throw new Refusal(`unknown format: ${format}`);
  }
}

function exec(args: string[]): number {
  // Options end at the container, which is the first word that is one.
  const at = args.findIndex((word) => word === ID || word.startsWith("openclaw-sbx-"));
  const { env = [], "env-file": envFile } = parseArgs({
    args: args.slice(0, at),
    options: {
      interactive: { type: "boolean", short: "i" },
      env: { type: "string", short: "e", multiple: true },
      "env-file": { type: "string" },
      workdir: { type: "string", short: "w" },
    },
  }).values;
  const { mounts } = made(args[at]);
  const [program = "", ...rest] = args.slice(at + 1);
  if ([program, ...rest].join(" ") === "cat /proc/self/mountinfo") return say(mountInfo(mounts));
  const { status } = spawnSync(program, rest, {
    cwd: mounts.find(({ Destination }) => Destination === "/workspace")?.Source,
    env: { PATH: "/usr/bin:/bin", ...Object.fromEntries([...environment(envFile), ...env].map(halves)) },
    stdio: "inherit",
  });
  return status ?? 126;
}

/** The lines of an --env-file, which is kept. */
function environment(file: string | undefined): string[] {
  const text = file === undefined ? "" : readFileSync(file, "utf8");
  appendFileSync(join(folder, "env"), text);
  return text.split("\n").filter((line) => line !== "");
}

function halves(entry: string): [name: string, value: string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** The table of a container with these mounts, as the kernel shows it. */
function mountInfo(mounts: Made["mounts"]): string {
  const lines = mounts.map(({ Source, Destination, RW }, index) => {
    return `${index + 2} 1 8:1 ${Source} ${Destination} ${RW ? "rw" : "ro"},relatime - ext4 /dev/sda1 rw`;
  });
  return ["1 0 0:1 / / ro,relatime - overlay overlay rw", ...lines].join("\n");
}

/** By name or id. */
function made(which = ""): Made {
  const file = join(folder, "container");
  if (existsSync(file)) {
    const container = JSON.parse(readFileSync(file, "utf8")) as Made; // as `write` left it
    if ([container.name, ID].includes(which)) return container;
  }
  throw new Refusal(`no such container ${which}`);
}

function write(container: Made): void {
  writeFileSync(join(folder, "container"), JSON.stringify(container));
}

function say(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}
