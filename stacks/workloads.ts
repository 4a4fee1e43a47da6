import { moltbotWorkload } from "../agents/moltbot.ts";
import { nanobotWorkload } from "../agents/nanobot.ts";
import type { Workload } from "../agents/workload.ts";
import type { VultrConfig } from "./schema.ts";

/** Every workload that a config declares: Moltbot, the master, then the tenants by name. */
export function configuredWorkloads(config: VultrConfig): Workload[] {
  const { images, moltbot, master, tenants } = config;
  const nanobot = images.nanobot ?? "";
  return [
    ...(moltbot === undefined
      ? []
      : [moltbotWorkload(moltbot, { image: images.moltbotGateway ?? "", sandboxImage: images.moltbotSandbox ?? "" })]),
    ...(master === undefined ? [] : [nanobotWorkload(master, { name: "master", image: nanobot })]),
    ...Object.entries(tenants)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, tenant]) => nanobotWorkload(tenant, { name, image: nanobot })),
  ];
}

/** Where a workload's arguments stand in config. */
export function workloadPath(name: string): string {
  return name === "moltbot" || name === "master" ? `roost:${name}` : `roost:tenants.${name}`;
}
