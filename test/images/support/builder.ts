import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "../../conformance/support/host-tree.ts";

const BUILDAH = join(import.meta.dirname, "../buildah.sh");
const SOURCES = join(import.meta.dirname, "../../../images");
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const FOLDER = join(process.env["ROOST_ORACLES"] ?? join(cache, "roost", "oracles"), "images");

/** Where this machine's registries and their certificates are described to a build. */
export const MACHINE = join(FOLDER, "machine");

/** What of an image's config a test looks at. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
}

/** One layer: its digest, its size unpacked, and the step that made it. */
export interface Layer {
  readonly digest: string;
  readonly bytes: number;
  readonly step: string;
}

/** How a build is run besides its Containerfile. */
export interface BuildOptions {
  readonly args: Readonly<Record<string, string>>;
  /** Files and folders that the steps see, by their place, which may end in `:ro`; they are no part of the image. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Addresses of names, as in /etc/hosts. */
  readonly hosts?: Readonly<Record<string, string>>;
}

function buildah(...args: readonly string[]): string {
  const { status, stdout, stderr } = run("bash", [BUILDAH, ...args]);
  if (status !== 0) throw new Error(`buildah ${args[0]}: ${(stdout + stderr).slice(-3000)}`);
  return stdout;
}

/** Builds an image of this repository anew, from its first step on, and gives it a name. */
export async function build(name: string, tag: string, { args, mounts, hosts = {} }: BuildOptions): Promise<string> {
  if (!existsSync(join(FOLDER, "inputs"))) throw new Error("the base images are missing: run test/images/bases.sh");
  const image = `localhost/${name}:${tag}`;
  // Not waited for in place: what a step fetches may come from a server of this process.
  await promisify(execFile)(
    "bash",
    [
      BUILDAH,
      "bud",
      // As Podman does: a layer for each step.
      "--layers",
      "--no-cache",
      ...["--timestamp", "0"],
      ...Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
      ...Object.entries(mounts).flatMap(([place, path]) => ["--volume", `${path}:${place}`]),
      ...Object.entries(hosts).flatMap(([host, address]) => ["--add-host", `${host}:${address}`]),
      ...["--tag", image, join(SOURCES, name)],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return image;
}

/** The folders that Go keeps between builds: a compiler's work and sources, both found again by hash. */
export const goFolders = {
  "/root/go/pkg/mod": join(FOLDER, "go-mod"),
  "/root/.cache/go-build": join(FOLDER, "go-build"),
};

interface Inspected {
  readonly OCIv1: {
    readonly config: Partial<ImageConfig>;
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly history: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
  };
}

function inspect(image: string): Inspected["OCIv1"] {
  const inspected = JSON.parse(buildah("inspect", "--type", "image", image)) as Inspected; // buildah's own format
  return inspected.OCIv1;
}

/** The config that a container of the image starts with. */
export function configOf(image: string): ImageConfig {
  const { User = "", Env = [], Entrypoint = [], Cmd = [], WorkingDir = "" } = inspect(image).config;
  return { User, Env, Entrypoint, Cmd, WorkingDir };
}

/** The layers from the base up. */
export function layersOf(image: string): Layer[] {
  const { rootfs, history } = inspect(image);
  const steps = history.filter((entry) => entry.empty_layer !== true).map((entry) => entry.created_by ?? "");
  const sizes = storedSizes();
  return rootfs.diff_ids.map((digest, index) => ({
    digest,
    bytes: sizes.get(digest) ?? Number.NaN,
    step: (steps[index] ?? "").replace(/^\/bin\/sh -c (#\(nop\) )?/, ""),
  }));
}

/** The store knows what each layer takes unpacked; images only what they take packed. */
function storedSizes(): Map<string, number> {
  const lists = ["overlay", "vfs"].map((driver) => join(FOLDER, "store/root", `${driver}-layers/layers.json`));
  return new Map(
    lists
      .filter((list) => existsSync(list))
      .flatMap((list) => JSON.parse(readFileSync(list, "utf8")) as Record<"diff-digest" | "diff-size", never>[])
      .map((layer) => [layer["diff-digest"], layer["diff-size"]]),
  );
}

/** The root of a container of the image, to be read; `release` takes it away. */
export function rootOf(image: string): { readonly root: string; readonly release: () => void } {
  const container = buildah("from", "--pull-never", image).trim();
  const release = (): void => {
    buildah("rm", container);
  };
  try {
    return { root: buildah("mount", container).trim(), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** A table of an image's layers, for the reader of the run. */
export function sizeReport(image: string): string {
  const layers = layersOf(image);
  const line = (bytes: number, text: string): string => `${(bytes / 1e6).toFixed(1).padStart(9)} MB  ${text}`;
  const total = layers.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    `${image}, unpacked:`,
    ...layers.map(({ bytes, step }) => line(bytes, step.slice(0, 90))),
    line(total, "in all"),
  ].join("\n");
}
