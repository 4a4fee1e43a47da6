import { hostScope } from "./egress.ts";
import { DATA, GATEWAY_PORT, moltbotConfig } from "./moltbot-config.ts";
import { builtInHost } from "./moltbot-providers.ts";
import type { MoltbotArgs } from "./moltbot-schema.ts";
import { namedSecrets } from "./moltbot-secrets.ts";
import type { ChannelIdentity, Workload, WorkloadSecret } from "./workload.ts";

export { moltbotConfig } from "./moltbot-config.ts";

/** OpenClaw's own state below the state volume. */
const STATE = `${DATA}/openclaw`;

const ENVIRONMENT = {
  HOME: `${DATA}/home`,
  LANG: "C.UTF-8",
  OPENCLAW_STATE_DIR: STATE,
  // A folder, because OpenClaw watches its config by name; readable by the gateway, writable by nobody in it.
  OPENCLAW_CONFIG_PATH: "/etc/openclaw/openclaw.json",
  OPENCLAW_CONFIG_READONLY: "1",
  OPENCLAW_DISABLE_BONJOUR: "1",
  OPENCLAW_NO_AUTO_UPDATE: "1",
  OPENCLAW_NO_RESPAWN: "1",
  DO_NOT_TRACK: "1",
  // The rootless engine of the host's user moltbot (uid 1001), where the sandboxes run.
  CONTAINER_HOST: "unix:///run/user/1001/podman/podman.sock",
  NPM_CONFIG_CACHE: `${DATA}/cache/npm`,
  XDG_CACHE_HOME: `${DATA}/cache`,
};

/** What the Moltbot gateway needs from the place it runs in; `args` must be free of `moltbotProblems`. */
export function moltbotWorkload(
  args: MoltbotArgs,
  where: {
    /** Image reference of the gateway, by digest. */
    readonly image: string;
    /** Image reference of its sandboxes, by digest. */
    readonly sandboxImage: string;
  },
): Workload {
  return {
    name: "moltbot",
    kind: "moltbot",
    image: where.image,
    extraImages: { "moltbot-sandbox": where.sandboxImage },
    command: ["openclaw", "gateway"],
    files: { "openclaw.json": `${JSON.stringify(moltbotConfig(args, where.sandboxImage), null, 2)}\n` },
    environment: ENVIRONMENT,
    secrets: secrets(args),
    state: {
      volumeMib: args.volumeMib,
      mountPath: DATA,
      paths: ["home", "openclaw/agents", "openclaw/credentials", "openclaw/state", "workspace"],
      exclude: ["cache", "openclaw/credentials/onepassword", "openclaw/logs", "openclaw/tmp", ...args.backupExclude],
      databases: ["openclaw/agents/main/agent/openclaw-agent.sqlite", "openclaw/state/openclaw.sqlite"],
      backupEveryMinutes: args.backupEveryMinutes,
    },
    cpus: args.cpus,
    memoryMib: args.memoryMib,
    plannedMemoryMib: args.memoryMib + args.sandbox.memoryMib,
    // The limit of upstream's own fleet.
    pidsLimit: 512,
    health: {
      // Not /readyz, which fails with a channel, and not the check of the official image, a Node process of 200 MB.
      command: ["curl", "-fsS", `http://127.0.0.1:${GATEWAY_PORT}/healthz`],
      intervalSeconds: 30,
      timeoutSeconds: 10,
      retries: 3,
      // A first start installs the Discord plugin; a start after one that was killed took 179 s to be ready.
      startPeriodSeconds: 300,
    },
    // OpenClaw lets running turns end for up to 315 s.
    stopTimeoutSeconds: 330,
    channels: channels(args),
    allowFrom: allowFrom(args),
    // Its own state keeps whom the owner let in.
    pairing: [args.discord, args.telegram].some((channel) => channel?.dmPolicy === "pairing"),
    fresh: args.fresh,
    egress: args.egress,
    publicHosts: publicHosts(args),
  };
}

function secrets(args: MoltbotArgs): WorkloadSecret[] {
  const named = namedSecrets(args).map(
    // OpenClaw reads a secret only from a file that its own user owns and nobody else can read.
    ({ id, value }): WorkloadSecret => ({ name: `moltbot-${id}`, value, target: id, uid: 1000, mode: 0o400 }),
  );
  if (args.onepassword === undefined) return named;
  return [
    ...named,
    {
      name: "moltbot-onepassword-token",
      value: args.onepassword.serviceAccountToken,
      // The only place where OpenClaw's plugin looks.
      target: `${STATE}/credentials/onepassword/service-account-token`,
      uid: 1000,
      mode: 0o600,
    },
  ];
}

function channels({ discord, telegram }: MoltbotArgs): ChannelIdentity[] {
  return [
    ...(discord === undefined ? [] : [{ kind: "discord" as const, token: discord.token, path: "discord.token" }]),
    ...(telegram === undefined ? [] : [{ kind: "telegram" as const, token: telegram.token, path: "telegram.token" }]),
  ];
}

function allowFrom({ discord, telegram }: MoltbotArgs): Readonly<Record<string, readonly string[]>> {
  return {
    ...(discord === undefined ? {} : { discord: discord.allowFrom }),
    ...(telegram === undefined ? {} : { telegram: telegram.allowFrom }),
  };
}

/** Besides these a first start with Discord reaches npm's registry, and sandboxes what the agent asks for. */
function publicHosts({ discord, telegram, providers, onepassword }: MoltbotArgs): string[] {
  const services = Object.entries(providers).flatMap(([name, { baseUrl }]) => {
    const host = baseUrl === undefined ? builtInHost(name) : new URL(baseUrl).hostname;
    return host !== undefined && hostScope(host).startsWith("public") ? [host] : [];
  });
  return [
    // OpenClaw asks its marketplace twice at each start.
    "clawhub.ai",
    ...(discord === undefined ? [] : ["cdn.discordapp.com", "discord.com", "gateway.discord.gg"]),
    ...(telegram === undefined ? [] : ["api.telegram.org"]),
    ...(onepassword === undefined ? [] : ["*.1password.com"]),
    ...services,
  ].toSorted();
}
