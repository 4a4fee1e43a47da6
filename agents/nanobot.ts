import { hostScope } from "./egress.ts";
import { providerKind } from "./nanobot-providers.ts";
import type { NanobotArgs } from "./nanobot-schema.ts";
import type { Secret } from "./secret.ts";
import type { Workload, WorkloadSecret } from "./workload.ts";

/** Where the container sees its state. Never changes: nanobot ties the chat history to the workspace's path. */
const DATA = "/data";
const CONFIG = `${DATA}/config.json`;

/** The launcher gives the agent's process each secret as a variable of this name. */
const VARIABLES = {
  telegram: "TELEGRAM_BOT_TOKEN",
  discord: "DISCORD_BOT_TOKEN",
  model: "MODEL_API_KEY",
} as const;

/** Resident set of nanobot-ai 0.3.5 after five chats was 149 MB, idle 125 MB (measured, Python 3.11, x86-64). */
const EXPECTED_MEMORY_MIB = 150;

/** They install software, change the agent itself, or need tools that the image lacks. */
const DISABLED_SKILLS = [
  "clawhub",
  "github",
  "image-generation",
  "my",
  "skill-creator",
  "summarize",
  "tmux",
  "update-setup",
  "weather",
];

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
  const { telegram, discord } = args;
  return {
    name: where.name,
    kind: "nanobot",
    image: where.image,
    extraImages: {},
    command: ["gateway", "--config", CONFIG],
    files: { "config.json": `${JSON.stringify(nanobotConfig(args), null, 2)}\n` },
    environment: environment(args),
    secrets: secrets(args, where.name),
    state: {
      volumeMib: args.volumeMib,
      mountPath: DATA,
      // config.json is not state: it comes with the release.
      paths: ["auth", "cron", "llm_usage.sqlite3", "media", "pairing.json", "sessions", "webui", "workspace"],
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
      databases: ["llm_usage.sqlite3"],
      backupEveryMinutes: args.backupEveryMinutes,
    },
    cpus: args.cpus,
    memoryMib: args.memoryMib,
    plannedMemoryMib: EXPECTED_MEMORY_MIB,
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
    channels: [
      ...(telegram === undefined ? [] : [{ kind: "telegram" as const, token: telegram.token, path: "telegram.token" }]),
      ...(discord === undefined ? [] : [{ kind: "discord" as const, token: discord.token, path: "discord.token" }]),
    ],
    egress: args.egress,
    publicHosts: publicHosts(args),
  };
}

/**
 * nanobot's config.json as plain data, for nanobot-ai 0.3.5.
 * It states every setting whose default is unsafe or moved between versions; secrets are `${VARIABLE}` references.
 */
export function nanobotConfig(args: NanobotArgs): Readonly<Record<string, unknown>> {
  const { telegram, discord, provider } = args;
  return {
    agents: {
      defaults: {
        workspace: `${DATA}/workspace`,
        provider: provider.name,
        model: args.model,
        temperature: args.temperature,
        maxTokens: args.maxTokens,
        contextWindowTokens: args.contextWindowTokens,
        maxToolIterations: args.maxToolIterations,
        maxConcurrentSubagents: 1,
        timezone: args.timezone,
        timezoneMode: "manual",
        unifiedSession: false,
        disabledSkills: DISABLED_SKILLS,
        dream: { enabled: args.dream },
      },
    },
    providers: {
      [provider.name]: {
        ...(provider.apiKey === undefined ? {} : { apiKey: reference("model") }),
        ...(provider.apiBase === undefined ? {} : { apiBase: provider.apiBase }),
      },
    },
    transcription: { enabled: false },
    channels: {
      sendProgress: false,
      // Tool names and paths would show in chats.
      sendToolHints: false,
      showReasoning: false,
      // On unless it is turned off: a WebUI whose loopback callers may lift the workspace restriction.
      websocket: { enabled: false },
      ...(telegram === undefined
        ? {}
        : {
            telegram: {
              enabled: true,
              token: reference("telegram"),
              allowFrom: telegram.allowFrom,
              groupPolicy: telegram.groupPolicy,
              mode: "polling",
              ...(telegram.proxy === undefined ? {} : { proxy: telegram.proxy }),
            },
          }),
      ...(discord === undefined
        ? {}
        : {
            discord: {
              enabled: true,
              token: reference("discord"),
              allowFrom: discord.allowFrom,
              allowChannels: discord.allowChannels,
              groupPolicy: discord.groupPolicy,
            },
          }),
    },
    gateway: {
      host: "127.0.0.1",
      port: 18790,
      // Any other mode replaces the process by exec, which makes its environment readable to its children again.
      restartMode: "exit",
      heartbeat: { enabled: args.heartbeat },
    },
    tools: {
      restrictToWorkspace: true,
      maxSessionMessagesPerMinute: 1,
      // No bwrap: the container is the boundary, and namespaces inside it would need more rights than it has.
      exec: { enable: args.exec.enable, timeout: args.exec.timeoutSeconds, sandbox: "", allowedEnvKeys: [] },
      // A marketplace that installs programs.
      cliApps: { enable: false },
      imageGeneration: { enabled: false },
      my: { enable: false, allowSet: false },
      file: { enable: true },
      // Jina's reader would learn every address that the agent opens.
      web: { enable: true, fetch: { useJinaReader: false } },
      webuiAllowLocalServiceAccess: false,
      webuiAllowRemotePackageInstall: false,
      // Not `egress`: the model service may be private, the agent's own browsing may not.
      ssrfWhitelist: [],
      mcpServers: {},
    },
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

function secrets({ telegram, discord, provider }: NanobotArgs, workload: string): WorkloadSecret[] {
  const found: [name: string, target: string, value: Secret | undefined][] = [
    ["telegram-token", VARIABLES.telegram, telegram?.token],
    ["discord-token", VARIABLES.discord, discord?.token],
    ["model-key", VARIABLES.model, provider.apiKey],
  ];
  return found.flatMap(([name, target, value]) =>
    value === undefined ? [] : [{ name: `${workload}-${name}`, value, target, uid: 0, mode: 0o400 }],
  );
}

function publicHosts({ telegram, discord, provider }: NanobotArgs): string[] {
  const known = providerKind(provider.name);
  const urls = [
    telegram === undefined ? undefined : (telegram.proxy ?? "https://api.telegram.org"),
    provider.apiBase ?? (known.kind === "hosted" ? `https://${known.host}` : undefined),
  ];
  const hosts = urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname]));
  return [
    ...hosts.filter((host) => hostScope(host).startsWith("public")),
    ...(discord === undefined ? [] : ["cdn.discordapp.com", "discord.com", "gateway.discord.gg"]),
  ].toSorted();
}

function reference(secret: keyof typeof VARIABLES): string {
  return `\${${VARIABLES[secret]}}`;
}
