import type { ChannelIdentity, Workload } from "../../agents/workload.ts";
import type { ReleaseFile } from "../../quadlets/release-file.ts";
import { hostUids } from "../../quadlets/uid-map.ts";
import { unitNames } from "../../quadlets/unit-names.ts";

/** What the scripts of a host are told besides its workloads. */
export interface HostSettings {
  /** Image that restic is copied from, by digest; without one the distribution's own is used. */
  readonly resticImage?: string;
}

/** `host/workloads/<name>.json`: what the scripts must know of a workload; nothing in it is secret. */
export function workloadJson(workload: Workload): ReleaseFile {
  const { name, kind, image, state, stopTimeoutSeconds, allowFrom, pairing, egress, secrets, fresh } = workload;
  const names = unitNames(workload);
  const uids = hostUids(workload);
  return json(`host/workloads/${name}.json`, {
    name,
    kind,
    service: names.service,
    container: names.name,
    image,
    uid: uids.root,
    agentUid: uids.agent,
    volumeMib: state.volumeMib,
    mountPath: state.mountPath,
    paths: state.paths,
    exclude: state.exclude,
    databases: state.databases,
    backupEveryMinutes: state.backupEveryMinutes,
    stopTimeoutSeconds,
    channels: workload.channels.map((channel) => channelOf(workload, channel)),
    allowFrom,
    pairing,
    egress,
    secrets: secrets.map((secret) => secret.name),
    ...(fresh === undefined ? {} : { fresh }),
  });
}

/** `host/config.json`: what the scripts must know of the host; nothing in it is secret. */
export function configJson(stack: string, host: string, { resticImage }: HostSettings): ReleaseFile {
  return json("host/config.json", { stack, host, resticImage: resticImage ?? null });
}

/** A bot's channel with the name of its token in Podman's secret store; an app needs none to be known. */
function channelOf({ name, secrets }: Workload, channel: ChannelIdentity): { kind: string; secret?: string } {
  const { kind } = channel;
  if (kind === "feishu") return { kind };
  const secret = secrets.find(({ value }) => value === channel.token);
  if (secret === undefined) throw new Error(`workload "${name}": the token of ${kind} is none of its secrets`);
  return { kind, secret: secret.name };
}

function json(path: string, content: unknown): ReleaseFile {
  return { path, content: `${JSON.stringify(content, null, 2)}\n`, mode: 0o644 };
}
