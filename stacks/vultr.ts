import type * as pulumi from "@pulumi/pulumi";
import type { Alerts, HostSettings } from "../components/release/settings.ts";
import { createHost } from "../components/vultr/createHost.ts";
import { loadConfig } from "./config.ts";
import type { VultrConfig } from "./schema.ts";
import { tailnetApi } from "./tailnet-api.ts";

/** One Vultr host with the agents that its stack declares. */
export async function main(): Promise<Record<string, pulumi.Input<unknown>>> {
  const { config, workloads } = await loadConfig();
  const { images, store } = config;
  const parts = createHost(
    // Fixed: in every stack, whatever runs there, the same URNs and store paths.
    { store: "store", host: "host", release: "release" },
    {
      host: hostArgs(config),
      store: {
        bucketName: store.bucket,
        hiddenDays: store.retentionDays,
        ...(store.root === undefined ? {} : { root: store.root }),
        ...(store.erase === undefined ? {} : { erase: store.erase }),
      },
      workloads,
      settings: settings(config),
      ...(images.registryAuth === undefined ? {} : { registryAuth: images.registryAuth }),
    },
  );
  const { instance } = parts.host;
  return {
    ...(instance === undefined ? {} : commands(config.host.hostname)),
    pending: parts.host.pending,
    protection: parts.host.protection,
    release: parts.release.id,
    ...(instance === undefined ? {} : { publicIp: instance.mainIp }),
    recoveryKit: parts.store.recoveryKit,
  };
}

/** What a person types; `WORKLOAD` stands for `moltbot`, `master` or a tenant. */
function commands(hostname: string) {
  const ssh = `ssh core@${hostname}`;
  return { ssh, status: `${ssh} sudo roost status`, restore: `${ssh} sudo roost restore WORKLOAD` };
}

function settings({ images, alerts, reboot }: VultrConfig): HostSettings {
  return {
    ...(images.restic === undefined ? {} : { resticImage: images.restic }),
    ...(alerts === undefined ? {} : { alerts: alertPaths(alerts) }),
    ...(reboot.enable ? { reboot: { day: reboot.day, hour: reboot.hour } } : {}),
  };
}

function alertPaths({ webhook, ntfy, ping, telegram, deafMinutes }: NonNullable<VultrConfig["alerts"]>): Alerts {
  return {
    deafMinutes,
    ...(webhook === undefined ? {} : { webhook }),
    ...(ntfy === undefined ? {} : { ntfy }),
    ...(ping === undefined ? {} : { ping }),
    ...(telegram === undefined ? {} : { telegram }),
  };
}

function hostArgs({ host, tailnet }: VultrConfig) {
  const { replace, parked, breakGlass, drain } = host;
  const api = tailnetApi();
  return {
    region: host.region,
    plan: host.plan,
    hostname: host.hostname,
    generation: host.generation,
    sshKeys: host.sshKeys,
    image: host.image,
    os: host.os,
    tailnetTags: tailnet.tags,
    ...(replace === undefined ? {} : { replace }),
    ...(parked === undefined ? {} : { parked }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(drain === undefined ? {} : { drain }),
    ...(api === undefined ? {} : { tailnetApi: api }),
  };
}
