import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openRelease } from "../../components/release/pack.ts";
import { UcoreHost } from "../../components/vultr/UcoreHost.ts";
import { userData } from "../../components/vultr/user-data.ts";
import type { ReleaseEntry } from "../../quadlets/release-file.ts";
import { type Recorded, type Registered, unsecret, valueOf } from "../record.ts";

/** What a reviewer wants to see of one host. */
export interface HostArtifacts {
  readonly name: string;
  readonly generation: number;
  readonly machine: UcoreHost["machine"];
  /** Whether its VM is away. */
  readonly parked: boolean;
  readonly butane: string;
  readonly ignition: string;
  /** Size of the user data in bytes. */
  readonly userDataBytes: number;
  /** Size of the sealed release in bytes. */
  readonly releaseBytes: number;
  readonly release: readonly ReleaseEntry[];
}

/** Unpacks each host's user data and release as the host itself would: with what its `birth.json` says. */
export async function hostArtifacts(recorded: Recorded<unknown>): Promise<HostArtifacts[]> {
  const hosts = recorded.objects.filter((object) => object instanceof UcoreHost);
  return Promise.all(
    hosts.map(async (host) => {
      const butane = await valueOf(host.butane);
      const ignition = await ignitionOf(recorded, host, butane);
      const birth: Birth = JSON.parse(await ignitionFile(ignition, "/etc/roost/birth.json"));
      const sealed = await sealedRelease(recorded, birth.store.prefix);
      return {
        name: birth.host,
        generation: birth.generation,
        machine: host.machine,
        parked: host.instance === undefined,
        butane,
        ignition,
        userDataBytes: Buffer.byteLength(ignition),
        releaseBytes: sealed.length,
        release: await openRelease(sealed, birth.jwk.k),
      };
    }),
  );
}

/** The user data of the VM, or of the one that a parked host will have. */
async function ignitionOf(recorded: Recorded<unknown>, { instance }: UcoreHost, butane: string): Promise<string> {
  if (instance === undefined) return userData(butane);
  return String(unsecret(registeredAs(recorded, await valueOf(instance.urn)).inputs["userData"]));
}

/** Whether a folder may be replaced: it is not there, is empty, or holds an earlier preview. */
export function mayReplace(folder: string): boolean {
  if (!existsSync(folder)) return true;
  if (!statSync(folder).isDirectory()) return false;
  const names = readdirSync(folder);
  return names.length === 0 || names.includes("preview.json");
}

/** Replaces the artifacts of a stack; none are left of one that is refused. The release's secrets stay out. */
export function writeArtifacts(folder: string, hosts: readonly HostArtifacts[]): void {
  rmSync(folder, { recursive: true, force: true });
  for (const host of hosts) {
    write(join(folder, "host.bu"), host.butane);
    write(join(folder, "host.ign"), `${host.ignition}\n`);
    for (const entry of host.release) {
      const path = entry.path === "manifest.json" ? "release.json" : entry.path;
      if (path.startsWith("secrets/")) continue;
      if ("target" in entry) link(join(folder, path), entry.target);
      else write(join(folder, path), entry.content);
    }
  }
}

/** The parts of a host's birth certificate that open its release. */
interface Birth {
  readonly host: string;
  readonly generation: number;
  readonly store: { readonly prefix: string };
  readonly jwk: { readonly k: string };
}

interface IgnitionFile {
  readonly path: string;
  readonly contents?: { readonly source?: string; readonly compression?: string };
}

/** The text of a file that an Ignition config writes. */
export async function ignitionFile(ignition: string, path: string): Promise<string> {
  const config: { storage?: { files?: IgnitionFile[] } } = JSON.parse(ignition);
  const contents = config.storage?.files?.find((file) => file.path === path)?.contents;
  if (contents?.source === undefined) throw new Error(`the user data holds no ${path}`);
  const response = await fetch(contents.source); // a data URL
  const bytes = Buffer.from(await response.arrayBuffer());
  return (contents.compression === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Follows the pointer below a prefix to its archive. */
async function sealedRelease(recorded: Recorded<unknown>, prefix: string): Promise<string> {
  const pointer: { id: string } = JSON.parse(contentOf(recorded, `${prefix}current`));
  return contentOf(recorded, `${prefix}${pointer.id}.jwe`);
}

function contentOf({ resources }: Recorded<unknown>, fileName: string): string {
  const file = resources.find(({ inputs }) => inputs["fileName"] === fileName);
  if (file === undefined) throw new Error(`the program uploads no ${fileName}`);
  return Buffer.from(String(unsecret(file.inputs["content"])), "base64").toString("utf8");
}

function registeredAs({ resources }: Recorded<unknown>, urn: string): Registered {
  const found = resources.find((resource) => resource.urn === urn);
  if (found === undefined) throw new Error(`${urn} was not registered`);
  return found;
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function link(file: string, target: string): void {
  mkdirSync(dirname(file), { recursive: true });
  symlinkSync(target, file);
}
