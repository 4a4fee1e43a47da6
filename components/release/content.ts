import type { Secret } from "../../agents/secret.ts";
import type { Workload } from "../../agents/workload.ts";
import { breakGlassRule, egressRules } from "../../butane/firewall.ts";
import type { ReleaseEntry } from "../../quadlets/release-file.ts";
import { agentUnits, quadletFiles } from "../../quadlets/render.ts";
import { stateUnits } from "../../quadlets/state-units.ts";
import { derivedSecret } from "../store/derive.ts";
import { hostFiles } from "./host-files.ts";
import { alertsJson, configJson, workloadJson } from "./host-json.ts";
import type { ManifestArgs } from "./manifest.ts";
import type { HostSettings } from "./settings.ts";

/** How a host reaches the state of its workloads; `key` is secret. */
export interface StateAccess {
  readonly endpoint: string;
  readonly bucket: string;
  /** `<stack>/<host>/state/`. */
  readonly prefix: string;
  readonly keyId: string;
  readonly key: string;
}

/** What a release is made of, all of it plain. */
export interface ContentArgs {
  readonly stack: string;
  readonly host: string;
  readonly workloads: readonly Workload[];
  readonly sshKeys: readonly string[];
  readonly registryAuth?: Secret;
  /** CIDR that may reach SSH without the tailnet, for repairs. */
  readonly breakGlass?: string;
  readonly settings: HostSettings;
  /** Per workload the generation it was born in. */
  readonly born: Readonly<Record<string, number>>;
  /** The host's root, in base64url. */
  readonly root: string;
  readonly state: StateAccess;
}

/** Readable by all on the host; nothing in it is secret. */
const PUBLIC = 0o644;
/** Below `secrets/`, which a host lays into a folder that only root enters. */
const ROOT_ONLY = 0o400;

/** The entries of a host's release: quadlets, units and scripts, agent configs and secrets. */
export function releaseContent(args: ContentArgs): ManifestArgs {
  const quadlets = quadletFiles(args.workloads, { registryAuth: args.registryAuth !== undefined });
  const own = args.workloads.map((workload) => [...configFiles(workload), ...secretFiles(workload, args.root)]);
  const entries: ReleaseEntry[] = [
    ...quadlets,
    ...stateUnits(args.workloads),
    ...hostFiles(),
    ...args.workloads.map(workloadJson),
    configJson(args),
    ...own.flat(),
    { path: "authorized_keys", content: `${args.sshKeys.join("\n")}\n`, mode: PUBLIC },
    { path: "secrets/host-root", content: args.root, mode: ROOT_ONLY },
    { path: "secrets/state.json", content: `${JSON.stringify(args.state, null, 2)}\n`, mode: ROOT_ONLY },
  ];
  const { alerts } = args.settings;
  if (alerts !== undefined) entries.push(alertsJson(alerts));
  if (args.registryAuth !== undefined) {
    entries.push({ path: "secrets/auth.json", content: args.registryAuth.reveal(), mode: ROOT_ONLY });
  }
  if (args.breakGlass !== undefined) {
    entries.push({ path: "firewall/break-glass.nft", content: breakGlassRule(args.breakGlass), mode: PUBLIC });
  }
  const egress = egressRules(args.workloads.flatMap((workload) => workload.egress));
  if (egress !== "") entries.push({ path: "firewall/egress.nft", content: egress, mode: PUBLIC });
  const units = agentUnits(args.workloads, quadlets).map(({ service, paths }, index) => [
    service,
    [...paths, ...(own[index] ?? []).map(({ path }) => path)],
  ]);
  return { stack: args.stack, host: args.host, entries, born: args.born, units: Object.fromEntries(units) };
}

function configFiles({ name, files }: Workload): ReleaseEntry[] {
  return Object.entries(files).map(([file, content]) => ({ path: `workloads/${name}/${file}`, content, mode: 0o444 }));
}

function secretFiles({ secrets }: Workload, root: string): ReleaseEntry[] {
  return secrets.map(({ name, value }) => ({
    path: `secrets/podman/${name}`,
    content: "info" in value ? derivedSecret(root, value.info) : value.reveal(),
    mode: ROOT_ONLY,
  }));
}
