import { dirname } from "node:path";
import { hostScope } from "./egress.ts";
import { CHANNELS } from "./nanobot-channels.ts";
import { DATA, nanobotConfig, VARIABLES, WHATSAPP_DATABASE } from "./nanobot-config.ts";
import { expectedMemoryMib } from "./nanobot-memory.ts";
import { providerKind } from "./nanobot-providers.ts";
import type { NanobotArgs } from "./nanobot-schema.ts";
import type { Secret } from "./secret.ts";
import type { ChannelIdentity, Workload, WorkloadSecret, WorkloadState } from "./workload.ts";

const CONFIG = `${DATA}/config.json`;

/** What one nanobot agent needs from the place it runs in; `args` must be free of `nanobotProblems`. */
export function nanobotWorkload(
  args: NanobotArgs,
  where: {
    /** `master` or the tenant's name. */
    readonly name: string;
    /** Image reference by digest. */
    readonly image: string;
  },
): Workload {
  return {
    name: where.name,
    kind: "nanobot",
    image: where.image,
    extraImages: {},
    command: ["gateway", "--config", CONFIG],
    files: { "config.json": `${JSON.stringify(nanobotConfig(args), null, 2)}\n` },
    environment: environment(args),
    secrets: secrets(args, where.name),
    state: state(args),
    cpus: args.cpus,
    memoryMib: args.memoryMib,
    plannedMemoryMib: expectedMemoryMib(args),
    pidsLimit: 256,
    health: {
      // The image has no curl. /health says that the process lives, nothing about its channels.
      command: [
        "python3",
        "-c",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:18790/health', timeout=4)",
      ],
      intervalSeconds: 30,
      timeoutSeconds: 5,
      retries: 3,
      startPeriodSeconds: 60,
    },
    // Channels, then three waits of at most 15 s each: about 50 s at worst.
    stopTimeoutSeconds: 60,
    channels: channels(args),
    allowFrom: allowFrom(args),
    pairing: args.pairing,
    fresh: args.fresh,
    egress: args.egress,
    publicHosts: publicHosts(args),
  };
}

function state({ whatsapp, volumeMib, backupEveryMinutes }: NanobotArgs): WorkloadState {
  const kept = ["auth", "cron", "llm_usage.sqlite3", "media", "pairing.json", "sessions", "webui", "workspace"];
  return {
    volumeMib,
    mountPath: DATA,
    // config.json is not state: it comes with the release.
    paths: whatsapp === undefined ? kept : [...kept, dirname(WHATSAPP_DATABASE)].toSorted(),
    // Process ids and locks of a run that is over, caches. Lock files in the workspace may be a project's own.
    exclude: [
      ".cache",
      "logs",
      "run",
      "auth/*.lock",
      "sessions/**/*.lock",
      "webui/*.lock",
      "**/.webui_session_index.json",
    ],
    databases: ["llm_usage.sqlite3", ...(whatsapp === undefined ? [] : [WHATSAPP_DATABASE])],
    backupEveryMinutes,
  };
}

function environment(args: NanobotArgs): Readonly<Record<string, string>> {
  return {
    // Must be set, and only the state volume and /tmp can be written.
    HOME: DATA,
    // loguru's dump of variables prints the bot token.
    LOGURU_DIAGNOSE: "NO",
    NANOBOT_TUI_NO_DOWNLOAD: "1",
    // nanobot installs what a channel misses when it starts; the image has it all.
    PIP_NO_INDEX: "1",
    // nanobot has no key for it: the launcher takes the session tools away unless this is set.
    ...(args.sharedSessions ? { ROOST_SHARED_SESSIONS: "1" } : {}),
  };
}

function secrets({ telegram, discord, feishu, provider }: NanobotArgs, workload: string): WorkloadSecret[] {
  const found: [name: string, target: string, value: Secret | undefined][] = [
    ["telegram-token", VARIABLES.telegram, telegram?.token],
    ["discord-token", VARIABLES.discord, discord?.token],
    ["feishu-app-secret", VARIABLES.feishuAppSecret, feishu?.appSecret],
    ["feishu-encrypt-key", VARIABLES.feishuEncryptKey, feishu?.encryptKey],
    ["feishu-verification-token", VARIABLES.feishuVerificationToken, feishu?.verificationToken],
    ["model-key", VARIABLES.model, provider.apiKey],
  ];
  return found.flatMap(([name, target, value]) =>
    value === undefined ? [] : [{ name: `${workload}-${name}`, value, target, uid: 0, mode: 0o400 }],
  );
}

/** WhatsApp is missing on purpose: every device of an account gets every message. */
function channels({ telegram, discord, feishu }: NanobotArgs): ChannelIdentity[] {
  return [
    ...(telegram === undefined ? [] : [{ kind: "telegram" as const, token: telegram.token, path: "telegram.token" }]),
    ...(discord === undefined ? [] : [{ kind: "discord" as const, token: discord.token, path: "discord.token" }]),
    ...(feishu === undefined ? [] : [{ kind: "feishu" as const, appId: feishu.appId, path: "feishu.appId" }]),
  ];
}

function allowFrom(args: NanobotArgs): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    CHANNELS.flatMap((channel) => {
      const settings = args[channel];
      return settings === undefined ? [] : [[channel, settings.allowFrom]];
    }),
  );
}

/** Feishu names the host of its connection when it is asked; WhatsApp names more hosts for large files. */
function publicHosts({ telegram, discord, whatsapp, feishu, provider }: NanobotArgs): string[] {
  const known = providerKind(provider.name);
  const urls = [
    telegram === undefined ? undefined : (telegram.proxy ?? "https://api.telegram.org"),
    provider.apiBase ?? (known.kind === "hosted" ? `https://${known.host}` : undefined),
  ];
  const hosts = urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname]));
  const domain = feishu?.domain === "lark" ? "larksuite.com" : "feishu.cn";
  return [
    ...hosts.filter((host) => hostScope(host).startsWith("public")),
    ...(discord === undefined ? [] : ["cdn.discordapp.com", "discord.com", "gateway.discord.gg"]),
    ...(whatsapp === undefined ? [] : ["mmg.whatsapp.net", "web.whatsapp.com"]),
    ...(feishu === undefined ? [] : [`msg-frontier.${domain}`, `open.${domain}`]),
  ].toSorted();
}
