import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ReleaseEntry } from "../../../quadlets/release-file.ts";
import { STACK_FOLDER } from "../../../stacks/folder.ts";
import { evaluate } from "../../../tools/preview/evaluate.ts";
import { readStackFile } from "../../../tools/preview/stack-file.ts";

/** A secret of a container, with the stand-in that preview puts in its place. */
export interface MountedSecret {
  /** Absolute path inside the container. */
  readonly path: string;
  readonly uid: number;
  /** Octal, such as `0o400`. */
  readonly mode: number;
  readonly value: string;
}

/** A mount of a container; `content` is the text of a release's file, without it the source is a folder of state. */
export interface MountedVolume {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A workload's container as its rendered quadlet describes it. */
export interface RenderedContainer {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly MountedSecret[];
  readonly volumes: readonly MountedVolume[];
  /** Each as Quadlet has it, `target:options`. */
  readonly tmpfs: readonly string[];
  readonly user: number;
  readonly capabilities: readonly string[];
  readonly healthCommand: readonly string[];
  readonly stopTimeoutSeconds: number;
  /** Files of the release below `workloads/<name>/`, by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** A stack's `roost:` keys as written. */
export type StackKeys = Record<string, Record<string, unknown>>;

/** A program is evaluated in state of its process, so one after the other. */
let last: Promise<unknown> = Promise.resolve();

/** Renders an example stack with preview's own code, after a change of its keys, and reads one workload's container. */
export async function renderedContainer(
  example: "moltbot" | "nanobot",
  workload: string,
  /** Where the changed stack file is written. */
  folder: string,
  change: (keys: StackKeys) => void = () => undefined,
): Promise<RenderedContainer> {
  const stack = `vultr.${example}.example`;
  // As the example is written: its own schema is what preview checks it against.
  const document = parse(readFileSync(join(STACK_FOLDER, `Pulumi.${stack}.yaml`), "utf8")) as { config: object };
  const keys: StackKeys = Object.fromEntries(
    Object.entries(document.config).map(([key, value]) => [key.replace(/^roost:/, ""), value]),
  );
  change(keys);
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const config = Object.fromEntries(Object.entries(keys).map(([key, value]) => [`roost:${key}`, value]));
  writeFileSync(file, stringify({ config }));
  const evaluated = last.then(() => evaluate(readStackFile(file, stack)));
  last = evaluated.catch(() => undefined);
  const { preview, artifacts } = await evaluated;
  if (preview.problems.length > 0) throw new Error(preview.problems.join("\n"));
  return containerOf(
    artifacts.flatMap(({ release }) => release),
    workload,
  );
}

function containerOf(release: readonly ReleaseEntry[], workload: string): RenderedContainer {
  const text = (path: string): string => {
    const entry = release.find((file) => file.path === path);
    if (entry === undefined || "target" in entry) throw new Error(`the release has no file ${path}`);
    return entry.content;
  };
  const [source, unit] = unitFiles(workload);
  const lines = [text(`quadlets/${source}`), text(`quadlets/${unit}.d/10-workload.conf`)].join("\n").split("\n");
  const all = (key: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${key}=`) ? [plain(line.slice(key.length + 1), workload)] : []));
  const one = (key: string): string => {
    const [value, ...others] = all(key);
    if (value === undefined || others.length > 0) throw new Error(`${unit} must say ${key} once`);
    return value;
  };
  const below = `workloads/${workload}/`;
  return {
    command: one("Exec").split(" "),
    environment: Object.fromEntries(all("Environment").map((entry) => halves(entry, "="))),
    secrets: all("Secret").map((entry) => {
      const [name = "", ...options] = entry.split(",");
      const { target = "", uid, mode = "" } = Object.fromEntries(options.map((option) => halves(option, "=")));
      return {
        path: target.startsWith("/") ? target : `/run/secrets/${target}`,
        uid: Number(uid),
        mode: Number.parseInt(mode, 8),
        value: text(`secrets/podman/${name}`),
      };
    }),
    volumes: all("Volume").map((entry) => {
      const [from = "", target = "", options = ""] = entry.split(":");
      return { source: from, target, readOnly: options.split(",").includes("ro") };
    }),
    tmpfs: all("Tmpfs"),
    user: Number(one("User")),
    capabilities: all("AddCapability").flatMap((names) => names.toLowerCase().split(" ")),
    healthCommand: JSON.parse(one("HealthCmd")) as string[],
    stopTimeoutSeconds: Number(one("StopTimeout")),
    files: Object.fromEntries(
      release.flatMap((entry) =>
        entry.path.startsWith(below) && "content" in entry ? [[entry.path.slice(below.length), entry.content]] : [],
      ),
    ),
  };
}

/** The quadlet's source and the name that its drop-ins go by. */
function unitFiles(workload: string): [source: string, unit: string] {
  if (workload === "moltbot") return ["moltbot-gateway.container", "moltbot-gateway.container"];
  if (workload === "master") return ["nanobot-master.container", "nanobot-master.container"];
  return ["nanobot@.container", `nanobot@${workload}.container`];
}

/** What systemd makes of a value. */
function plain(value: string, instance: string): string {
  if (value.startsWith('"')) throw new Error(`quoted values are not read here: ${value.slice(0, 20)}`);
  return value.replaceAll(/%i|%%|\$\$/g, (mark) => (mark === "%i" ? instance : mark.slice(1)));
}

function halves(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
