import { openRelease } from "../../../components/release/pack.ts";
import { hostRoot, releaseKey } from "../../../components/store/derive.ts";
import type { Project } from "./project.ts";

/** What a host finds in the store with the recovery kit alone. */
export interface Found {
  /** Per workload the generation it was born in. */
  readonly workloads: Readonly<Record<string, { readonly born: number }>>;
  /** The root that all passwords of the host's backups come from. */
  readonly hostRoot: string;
}

/** Follows the pointer of a generation and opens its release, as a host does. */
export async function restored(project: Project, generation: number, root?: string): Promise<Found> {
  const prefix = `${project.stack}/host/releases/g${generation}/`;
  const newest = (name: string) => project.b2.versions.findLast(({ fileName }) => fileName === `${prefix}${name}`);
  const { id } = JSON.parse(newest("current")?.bytes.toString() ?? "{}") as { id?: string }; // the program wrote it
  const jwe = newest(`${id}.jwe`)?.bytes.toString();
  if (jwe === undefined) throw new Error(`the pointer of generation ${generation} names no release in the bucket`);
  const key = releaseKey(hostRoot(root ?? (await kitOf(project)).root, "host"), generation);
  const entries = await openRelease(jwe, key);
  const text = (path: string) => {
    const entry = entries.find((one) => one.path === path);
    if (entry === undefined || !("content" in entry)) throw new Error(`the release has no file ${path}`);
    return entry.content;
  };
  const { workloads } = JSON.parse(text("manifest.json")) as Pick<Found, "workloads">; // the program wrote it
  return { workloads, hostRoot: text("secrets/host-root") };
}

/** What a person saves at the first `up`. */
export async function kitOf(project: Project): Promise<{ readonly bucket: string; readonly root: string }> {
  const { recoveryKit } = await project.outputs("--show-secrets");
  return recoveryKit as { bucket: string; root: string }; // the program wrote it
}
