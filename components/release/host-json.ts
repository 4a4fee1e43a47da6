import type { ChannelIdentity, Workload } from "../../agents/workload.ts";
import type { ReleaseFile } from "../../quadlets/release-file.ts";
import { hostUids } from "../../quadlets/uid-map.ts";
import { unitNames } from "../../quadlets/unit-names.ts";
import type { Alerts, HostSettings } from "./settings.ts";

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

/** What `host/config.json` is made of. */
export interface ConfigJsonArgs {
  readonly stack: string;
  readonly host: string;
  readonly breakGlass?: string;
  readonly settings: HostSettings;
}

/** `host/config.json`: what the scripts must know of the host; nothing in it is secret. */
export function configJson({ stack, host, breakGlass, settings }: ConfigJsonArgs): ReleaseFile {
  const { resticImage, alerts, reboot } = settings;
  return json("host/config.json", {
    stack,
    host,
    resticImage: resticImage ?? null,
    alerts: alerts === undefined ? {} : { deafMinutes: alerts.deafMinutes },
    reboot: reboot === undefined ? null : { day: reboot.day, hour: reboot.hour },
    firewall: { breakGlass: breakGlass ?? null },
  });
}

/** `secrets/alerts.json`: addresses and tokens by which alerts go out. */
export function alertsJson({ webhook, ntfy, ping, telegram }: Alerts): ReleaseFile {
  const content = {
    webhook: webhook?.reveal(),
    ntfy: ntfy?.reveal(),
    ping: ping?.reveal(),
    telegram: telegram === undefined ? undefined : { token: telegram.token.reveal(), chat: telegram.chat },
  };
  return { ...json("secrets/alerts.json", content), mode: 0o400 };
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
