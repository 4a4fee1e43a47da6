import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workload, WorkloadSecret } from "../agents/workload.ts";
import type { ReleaseEntry, ReleaseFile, ReleaseLink } from "./release-file.ts";
import { stateOrder } from "./state-units.ts";
import { hostUids, MOLTBOT_UID } from "./uid-map.ts";
import { type UnitNames, unitNames } from "./unit-names.ts";
import { type Section, unitText, unitValue, unitWord } from "./unit-text.ts";

/** Where the release's root-only registry credentials lie on the host; only `.image` units name it. */
export const AUTH_FILE = "/var/lib/roost/auth.json";

/** Rootless Podman of the user `moltbot`, where sandboxes run. */
const MOLTBOT_ENGINE = `--url=unix:///run/user/${MOLTBOT_UID}/podman/podman.sock`;

/** Between an agent's last second and SIGKILL by systemd: unpausing before the stop, removing the container after it. */
const STOP_MARGIN_SECONDS = 30;

/** Choices that hold for a whole release. */
export interface QuadletOptions {
  /** Whether the release carries credentials for its image registry. */
  readonly registryAuth: boolean;
}

const sources = new Map<string, string>();

/**
 * The Quadlet files, drop-ins and links of a release, below `quadlets/`: static sources that the workloads need,
 * then what differs per workload. Throws on what no host can run: two image references for one kind, a state path
 * or sandbox image other than the static sources have, a control character in a value.
 */
export function quadletFiles(workloads: readonly Workload[], options: QuadletOptions): ReleaseEntry[] {
  return [
    ...imageReferences(workloads).flatMap(([name, reference]) => imageEntries(name, reference, options)),
    ...[...new Set(workloads.map((workload) => unitNames(workload).source))].map(sourceFile),
    ...(workloads.some(({ kind }) => kind === "moltbot") ? [sourceFile("moltbot-sandbox.network")] : []),
    ...workloads.flatMap(workloadEntries),
  ];
}

/** The systemd unit of a workload's agent, and the entries of the release that it is made of, by path. */
export interface AgentUnit {
  /** Such as `nanobot@frontend.service`. */
  readonly service: string;
  readonly paths: readonly string[];
}

/** The agents' units: what changes below an agent's own paths concerns that agent alone. */
export function agentUnits(workloads: readonly Workload[], entries: readonly ReleaseEntry[]): AgentUnit[] {
  // `quadlets/x.container.d/10-workload.conf` belongs to x.container.
  const byFile = Map.groupBy(entries, ({ path }) => path.split("/")[1]?.replace(/\.d$/, ""));
  return workloads.map((workload) => {
    const names = unitNames(workload);
    const images = [names.image, ...Object.keys(workload.extraImages)];
    const files = new Set([
      names.source,
      names.container,
      `${names.name}.network`,
      ...images.flatMap((image) => [`${image}.image`, `${image}.network`]),
    ]);
    const paths = [...files].flatMap((file) => byFile.get(file) ?? []).map(({ path }) => path);
    return { service: names.service, paths };
  });
}

function imageReferences(workloads: readonly Workload[]): [string, string][] {
  const references = new Map<string, string>();
  for (const workload of workloads) {
    const named: [string, string][] = [
      [unitNames(workload).image, workload.image],
      ...Object.entries(workload.extraImages),
    ];
    for (const [name, reference] of named) {
      const other = references.get(name);
      if (other !== undefined && other !== reference) {
        throw new Error(`workload "${workload.name}": image ${name} must be the host's ${other}, got ${reference}`);
      }
      references.set(name, reference);
    }
  }
  return [...references];
}

function imageEntries(name: string, reference: string, options: QuadletOptions): ReleaseEntry[] {
  const unit = `${name}.image`;
  const podman = name === "moltbot-sandbox" ? `/usr/bin/podman ${MOLTBOT_ENGINE}` : "/usr/bin/podman";
  return [
    sourceFile(unit),
    dropIn(unit, "10-reference.conf", [
      ["Image", [`Image=${unitWord(reference)}`, ...(options.registryAuth ? [`AuthFile=${AUTH_FILE}`] : [])]],
      // A digest that is there needs no registry: a host must start its agents while the registry is down.
      ["Service", [`ExecCondition=/usr/bin/bash -c '! ${podman} image exists "$$1"' - ${unitWord(reference)}`]],
    ]),
  ];
}

function workloadEntries(workload: Workload): ReleaseEntry[] {
  const names = unitNames(workload);
  const link: ReleaseLink[] =
    names.container === names.source ? [] : [{ path: `quadlets/${names.container}`, target: names.source }];
  assertFitsSources(workload);
  return [
    ...link,
    dropIn(names.container, "10-workload.conf", [
      // Not in the template: a name that nobody listed must be refused without a look at its state.
      ["Unit", stateOrder(workload.name)],
      ["Container", containerKeys(workload, names)],
      ["Service", [`TimeoutStopSec=${workload.stopTimeoutSeconds + STOP_MARGIN_SECONDS}`]],
    ]),
    { path: `quadlets/${names.name}.network`, content: networkText(names.name), mode: 0o644 },
  ];
}

/** The static sources name the state's path, to which agents tie their history, and the units of the sandboxes. */
function assertFitsSources({ name, kind, state, extraImages }: Workload): void {
  const mountPath = kind === "moltbot" ? "/var/lib/roost/state/moltbot/data" : "/data";
  if (state.mountPath !== mountPath) {
    throw new Error(`workload "${name}": state.mountPath must be ${mountPath}, got ${state.mountPath}`);
  }
  if (kind === "moltbot" && extraImages["moltbot-sandbox"] === undefined) {
    throw new Error(`workload "${name}": extraImages must name moltbot-sandbox`);
  }
}

function containerKeys(workload: Workload, names: UnitNames): string[] {
  const memory = `${workload.memoryMib}m`;
  return [
    ...idMap(workload),
    `Network=${names.name}.network`,
    ...(workload.command.length > 0 ? [`Exec=${workload.command.map(unitWord).join(" ")}`] : []),
    ...Object.entries(workload.environment).map(([key, value]) => `Environment=${unitWord(`${key}=${value}`)}`),
    ...workload.secrets.map(secretKey),
    `PidsLimit=${workload.pidsLimit}`,
    // Podman 5.4 knows no Memory=. The swap limit counts both, so equal limits mean no swap.
    `PodmanArgs=--memory=${memory} --memory-swap=${memory} --cpus=${workload.cpus}`,
    `HealthCmd=${unitValue(JSON.stringify(workload.health.command))}`,
    `HealthInterval=${workload.health.intervalSeconds}s`,
    `HealthTimeout=${workload.health.timeoutSeconds}s`,
    `HealthRetries=${workload.health.retries}`,
    `HealthStartPeriod=${workload.health.startPeriodSeconds}s`,
    `StopTimeout=${workload.stopTimeoutSeconds}`,
  ];
}

/** Two ids exist in the container; whatever else a process there tries to become does not. */
function idMap(workload: Workload): string[] {
  const { root, agent } = hostUids(workload);
  return ["UIDMap", "GIDMap"].flatMap((key) => [`${key}=0:${root}:1`, `${key}=1000:${agent}:1`]);
}

function secretKey({ name, target, uid, mode }: WorkloadSecret): string {
  const options = `type=mount,target=${target},uid=${uid},gid=${uid},mode=0${mode.toString(8)}`;
  return `Secret=${unitWord(`${name},${options}`)}`;
}

function networkText(name: string): string {
  return unitText([
    ["Unit", [`Description=Network of ${name}`]],
    ["Network", [`NetworkName=${name}`, "Options=isolate=strict"]],
    // Direct: with a plain restart the agent that requires this unit would stay down.
    ["Service", ["Restart=on-failure", "RestartMode=direct", "RestartSec=30"]],
  ]);
}

function dropIn(unit: string, name: string, sections: readonly Section[]): ReleaseFile {
  return { path: `quadlets/${unit}.d/${name}`, content: unitText(sections), mode: 0o644 };
}

function sourceFile(name: string): ReleaseFile {
  return { path: `quadlets/${name}`, content: source(name), mode: 0o644 };
}

function source(name: string): string {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(join(import.meta.dirname, name), "utf8");
  sources.set(name, text);
  return text;
}
