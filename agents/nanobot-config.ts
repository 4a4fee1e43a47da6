import type { NanobotArgs } from "./nanobot-schema.ts";

/** Where the container sees its state. Never changes: nanobot ties the chat history to the workspace's path. */
export const DATA = "/data";

/** WhatsApp's pairing, below `DATA`; nanobot makes the file when it starts, long before anybody pairs. */
export const WHATSAPP_DATABASE = "whatsapp-auth/neonize.db";

/** The launcher gives the agent's process each secret as a variable of this name. */
export const VARIABLES = {
  telegram: "TELEGRAM_BOT_TOKEN",
  discord: "DISCORD_BOT_TOKEN",
  feishuAppSecret: "FEISHU_APP_SECRET",
  feishuEncryptKey: "FEISHU_ENCRYPT_KEY",
  feishuVerificationToken: "FEISHU_VERIFICATION_TOKEN",
  model: "MODEL_API_KEY",
} as const;

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

/**
 * nanobot's config.json as plain data, for nanobot-ai 0.3.5.
 * It states every setting whose default is unsafe or moved between versions; secrets are `${VARIABLE}` references.
 */
export function nanobotConfig(args: NanobotArgs): Readonly<Record<string, unknown>> {
  const { provider } = args;
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
        ...(provider.apiKey === undefined ? {} : { apiKey: reference(VARIABLES.model) }),
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
      ...channels(args),
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

/** Each channel that is there, in nanobot's own keys. */
function channels({ telegram, discord, whatsapp, feishu }: NanobotArgs): Readonly<Record<string, unknown>> {
  return {
    ...(telegram === undefined
      ? {}
      : {
          telegram: {
            enabled: true,
            token: reference(VARIABLES.telegram),
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
            token: reference(VARIABLES.discord),
            allowFrom: discord.allowFrom,
            allowChannels: discord.allowChannels,
            groupPolicy: discord.groupPolicy,
          },
        }),
    ...(whatsapp === undefined
      ? {}
      : {
          whatsapp: {
            enabled: true,
            allowFrom: whatsapp.allowFrom,
            // nanobot's own default answers every message of a group.
            groupPolicy: whatsapp.groupPolicy,
            databasePath: `${DATA}/${WHATSAPP_DATABASE}`,
          },
        }),
    ...(feishu === undefined
      ? {}
      : {
          feishu: {
            enabled: true,
            appId: feishu.appId,
            appSecret: reference(VARIABLES.feishuAppSecret),
            domain: feishu.domain,
            // Without it nanobot writes it into config.json when it starts, which is read-only: the channel stays dead.
            identityKey: `${feishu.domain}:${feishu.appId}`,
            ...(feishu.encryptKey === undefined ? {} : { encryptKey: reference(VARIABLES.feishuEncryptKey) }),
            ...(feishu.verificationToken === undefined
              ? {}
              : { verificationToken: reference(VARIABLES.feishuVerificationToken) }),
            allowFrom: feishu.allowFrom,
            groupPolicy: feishu.groupPolicy,
          },
        }),
  };
}

function reference(variable: string): string {
  return `\${${variable}}`;
}
