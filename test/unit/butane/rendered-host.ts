import { gunzipSync } from "node:zlib";
import { HOST_FILES_DIR, type HostButaneArgs, hostButane } from "../../../butane/host.ts";
import { filesDir, renderIgnition } from "../../../butane/render/ignition.ts";
import { hostArgs } from "./fixtures.ts";

interface IgnitionFile {
  readonly path: string;
  readonly mode?: number;
  readonly overwrite?: boolean;
  readonly contents: { readonly source: string; readonly compression?: string };
}

/** What our renderer makes of a host. */
export interface Ignition {
  readonly passwd: { readonly users: readonly object[]; readonly groups: readonly object[] };
  readonly storage: {
    readonly directories: readonly { readonly path: string; readonly mode?: number }[];
    readonly files: readonly IgnitionFile[];
    readonly links: readonly { readonly path: string; readonly target: string }[];
  };
  readonly systemd: {
    readonly units: readonly {
      readonly name: string;
      readonly enabled?: boolean;
      readonly mask?: boolean;
      readonly contents?: string;
      readonly dropins?: readonly { readonly name: string; readonly contents: string }[];
    }[];
  };
}

/** User data of the host of the fixtures. */
export const renderHost = (changes: Partial<HostButaneArgs> = {}): string =>
  renderIgnition(hostButane({ ...hostArgs, ...changes }), filesDir(HOST_FILES_DIR));

/** The same, parsed. */
export const parseHost = (changes: Partial<HostButaneArgs> = {}): Ignition =>
  JSON.parse(renderHost(changes)) as Ignition; // our renderer's output

/** Paths of the files that a host is born with. */
export const paths = ({ storage }: Ignition): string[] => storage.files.map(({ path }) => path);

/** A file that a host is born with. */
export function file({ storage }: Ignition, path: string): { text: string; mode: number | undefined } {
  const found = storage.files.find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`the host is born without ${path}`);
  const { source, compression } = found.contents;
  const [, encoding, data = ""] = /^data:(;base64)?,(.*)$/s.exec(source) ?? [];
  const bytes = encoding === undefined ? Buffer.from(decodeURIComponent(data)) : Buffer.from(data, "base64");
  return { text: String(compression === "gzip" ? gunzipSync(bytes) : bytes), mode: found.mode };
}
