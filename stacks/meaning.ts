import { createHash } from "node:crypto";
import { moltbotProblems } from "../agents/moltbot-problems.ts";
import { nanobotProblems } from "../agents/nanobot-problems.ts";
import type { Problem } from "../agents/problem.ts";
import type { Workload } from "../agents/workload.ts";
import { HOST_FILES_DIR, hostButane } from "../butane/host.ts";
import { filesDir, renderIgnition } from "../butane/render/ignition.ts";
import { parkedProblem } from "../components/vultr/host-checks.ts";
import { USER_DATA_BUDGET_BYTES } from "../components/vultr/user-data.ts";
import { uidCollisions } from "../quadlets/uid-map.ts";
import { planFit } from "./plan-fit.ts";
import type { VultrConfig } from "./schema.ts";
import { configuredWorkloads, workloadPath } from "./workloads.ts";

/** What the second round found. */
export interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const NO_DIGEST = /@sha256:0{64}$/;

/** The second round: what single values cannot show. */
export function checkMeaning(config: VultrConfig, stack: string): Findings {
  const workloads = configuredWorkloads(config);
  const fit = planFit(config, workloads);
  const images = checkImages(config, stack);
  return {
    problems: [
      ...agentProblems(config),
      ...(workloads.length === 0
        ? ["roost:tenants must name at least one tenant where neither roost:moltbot nor roost:master is set"]
        : []),
      ...storeProblems(config),
      ...parkedProblems(config),
      ...repeatedTokens(workloads),
      ...uidProblems(workloads),
      ...images.problems,
      ...fit.problems,
      ...userDataProblems(config, stack),
    ],
    warnings: [...hostWarnings(config), ...images.warnings, ...fit.warnings],
  };
}

/** One account, one poller: by value, so also after references have become tokens. */
export function repeatedTokens(workloads: readonly Workload[]): string[] {
  const seen = new Map<string, string>();
  return workloads.flatMap((workload) =>
    workload.channels.flatMap((channel) => {
      const path = `${workloadPath(workload.name)}.${channel.path}`;
      const account = channel.kind === "feishu" ? channel.appId : channel.token.reveal();
      const first = seen.get(account);
      if (first === undefined) {
        seen.set(account, path);
        return [];
      }
      return channel.kind === "feishu"
        ? `${path} must not be the app of ${first}: two connections of one app split its messages, so make an app for each`
        : `${path} must not be the token of ${first}: two pollers of one bot lose messages, so make a bot for each`;
    }),
  );
}

function agentProblems(config: VultrConfig): string[] {
  return [
    ...(config.moltbot === undefined ? [] : at("roost:moltbot", moltbotProblems(config.moltbot))),
    ...(config.master === undefined ? [] : at("roost:master", nanobotProblems(config.master))),
    ...Object.entries(config.tenants).flatMap(([name, tenant]) => at(`roost:tenants.${name}`, nanobotProblems(tenant))),
  ];
}

function at(path: string, problems: readonly Problem[]): string[] {
  return problems.map((problem) => `${path}.${problem.path} ${problem.message}`);
}

function storeProblems({ store }: VultrConfig): string[] {
  if (store.erase === undefined || store.erase === store.bucket) return [];
  return [`roost:store.erase must be the bucket's name "${store.bucket}", got another: take it away or correct it`];
}

function parkedProblems({ host }: VultrConfig): string[] {
  const { generation, replace, parked } = host;
  const problem = parkedProblem({
    generation,
    ...(replace === undefined ? {} : { replace }),
    ...(parked === undefined ? {} : { parked }),
  });
  return problem === undefined ? [] : [`roost:host.parked ${problem}`];
}

function uidProblems(workloads: readonly Workload[]): string[] {
  return uidCollisions(workloads.map((workload) => workload.name)).map(
    ([first, second]) => `${workloadPath(second)} must have another name: its host uids would be those of "${first}"`,
  );
}

function hostWarnings({ host }: VultrConfig): string[] {
  return [
    ...(host.breakGlass === undefined
      ? []
      : [`roost:host.breakGlass opens SSH to ${host.breakGlass}: take it away when the repair is done`]),
    ...(host.drain === undefined
      ? []
      : ["roost:host.drain lets the VM go without final snapshots: take it away when that is done"]),
  ];
}

/** Needed and missing, or named before it was built. */
function checkImages({ images, moltbot, master, tenants }: VultrConfig, stack: string): Findings {
  const needed = [
    ...(master !== undefined || Object.keys(tenants).length > 0 ? [["nanobot", "nanobot"] as const] : []),
    ...(moltbot === undefined
      ? []
      : ([
          ["moltbotGateway", "moltbot-gateway"],
          ["moltbotSandbox", "moltbot-sandbox"],
        ] as const)),
    // uCore has no restic, and no agent starts without its state.
    ["restic", "restic"] as const,
  ];
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [key, name] of needed) {
    const build = `npm run images -- push --registry ghcr.io/OWNER ${name}`;
    const image = images[key];
    if (image === undefined) problems.push(`roost:images.${key} is missing: build and push it with \`${build}\``);
    else if (NO_DIGEST.test(image)) {
      const line = `roost:images.${key} has the all-zero digest, which stands for an image nobody built: \`${build}\``;
      if (stack.endsWith(".example")) warnings.push(line);
      else problems.push(line);
    }
  }
  return { problems, warnings };
}

/** Measured with stand-ins of each credential's greatest length, because the real ones are not known yet. */
function userDataProblems({ host, store }: VultrConfig, stack: string): string[] {
  const butane = hostButane({
    hostname: host.hostname,
    sshKeys: host.sshKeys,
    osImage: host.os,
    tailnetKey: standIn(128),
    birth: {
      stack,
      host: "host",
      generation: host.generation,
      store: {
        endpoint: standIn(64),
        bucket: store.bucket,
        prefix: `${stack}/host/releases/g${host.generation}/`,
        keyId: standIn(32),
        key: standIn(40),
      },
      jwk: { kty: "oct", alg: "A256GCM", k: standIn(43) },
    },
  });
  const bytes = Buffer.byteLength(renderIgnition(butane, filesDir(HOST_FILES_DIR)));
  if (bytes <= USER_DATA_BUDGET_BYTES) return [];
  return [
    `roost:host.sshKeys must be fewer or shorter: user data would have ${bytes} bytes, and at most ${USER_DATA_BUDGET_BYTES} fit`,
  ];
}

/** A text that no compression shortens much, the same at every run. */
function standIn(length: number): string {
  return createHash("sha512").update(String(length)).digest("base64url").repeat(2).slice(0, length);
}
