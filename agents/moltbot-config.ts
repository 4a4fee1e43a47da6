import { builtInHost, modelIdOf, providerOf } from "./moltbot-providers.ts";
import type { MoltbotArgs } from "./moltbot-schema.ts";
import { apiKeyId, namedSecrets } from "./moltbot-secrets.ts";

/**
 * The state volume, at one path on the host and in the gateway: the gateway asks the host's engine to mount parts of
 * it into sandboxes, and OpenClaw translates no paths for Podman.
 */
export const DATA = "/var/lib/roost/state/moltbot/data";

/** Port of the gateway, on loopback. */
export const GATEWAY_PORT = 18_789;

type Json = Readonly<Record<string, unknown>>;

/**
 * OpenClaw's openclaw.json as plain data, for OpenClaw 2026.9.6; `args` must be free of `moltbotProblems`.
 * Secrets are files, never values or environment; every outward call that nobody asked for is off.
 */
export function moltbotConfig(
  args: MoltbotArgs,
  /** Image reference of the sandboxes, by digest; OpenClaw never pulls it. */
  sandboxImage: string,
): Json {
  return {
    update: { checkOnStart: false, auto: { enabled: false } },
    telemetry: { enabled: false },
    discovery: { mdns: { mode: "off" } },
    gateway: {
      mode: "local",
      bind: "loopback",
      port: GATEWAY_PORT,
      auth: {
        mode: "token",
        token: secretRef("gateway-token"),
        allowTailscale: false,
        rateLimit: { maxAttempts: 10, windowMs: 60_000, lockoutMs: 300_000 },
      },
      tailscale: { mode: "off" },
      controlUi: { enabled: false },
      terminal: { enabled: false },
      nodes: { pairing: { autoApproveLocal: false, sshVerify: false } },
    },
    secrets: {
      providers: Object.fromEntries(
        namedSecrets(args).map(({ id }) => [id, { source: "file", path: `/run/secrets/${id}`, mode: "singleValue" }]),
      ),
    },
    models: { catalogRefresh: { enabled: false }, providers: providers(args) },
    agents: {
      defaults: {
        workspace: `${DATA}/workspace`,
        model: { primary: args.model, fallbacks: args.fallbacks },
        // Every half hour unless it is turned off.
        heartbeat: { every: "0m" },
        sandbox: sandbox(args, sandboxImage),
      },
    },
    tools: {
      elevated: { enabled: false },
      exec: { host: "sandbox" },
      fs: { workspaceOnly: true },
      // Sandboxed turns see no plugin's tools otherwise.
      ...(args.onepassword === undefined ? {} : { sandbox: { tools: { alsoAllow: ["onepassword"] } } }),
    },
    session: { dmScope: "per-channel-peer" },
    commands: {
      bash: false,
      config: false,
      debug: false,
      mcp: false,
      plugins: false,
      ownerAllowFrom: args.ownerAllowFrom,
    },
    channels: {
      ...(args.discord === undefined ? {} : { discord: discord(args.discord) }),
      ...(args.telegram === undefined ? {} : { telegram: telegram(args.telegram) }),
    },
    plugins: plugins(args),
    // It wants `op` and a vault's token inside the sandbox.
    skills: { entries: { "1password": { enabled: false } } },
  };
}

function providers(args: MoltbotArgs): Json {
  const models = [args.model, ...args.fallbacks];
  return mapValues(args.providers, ({ baseUrl, api, contextWindow, maxTokens }, name) => {
    const own = models.filter((model) => providerOf(model) === name).map(modelIdOf);
    return {
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(builtInHost(name) === undefined ? { api: api ?? "openai-completions" } : {}),
      apiKey: secretRef(apiKeyId(name)),
      // Else OpenAI's models would run in a harness whose plugin is not there.
      agentRuntime: { id: "openclaw" },
      ...(builtInHost(name) === undefined
        ? {
            models: own.map((id) => ({
              id,
              name: id,
              ...(contextWindow === undefined ? {} : { contextWindow }),
              ...(maxTokens === undefined ? {} : { maxTokens }),
            })),
          }
        : {}),
    };
  });
}

function sandbox({ sandbox: limits }: MoltbotArgs, image: string): Json {
  return {
    mode: "all",
    backend: "podman",
    scope: limits.scope,
    workspaceAccess: "rw",
    docker: {
      image,
      network: limits.network === "none" ? "none" : "moltbot-sandbox",
      user: "1000:1000",
      readOnlyRoot: true,
      tmpfs: ["/tmp", "/var/tmp"],
      capDrop: ["ALL"],
      pidsLimit: limits.pidsLimit,
      memory: `${limits.memoryMib}m`,
      // Memory and swap together, so no swap.
      memorySwap: `${limits.memoryMib}m`,
      cpus: limits.cpus,
      env: { LANG: "C.UTF-8" },
    },
    prune: { idleHours: limits.idleHours, maxAgeDays: limits.maxAgeDays },
  };
}

function discord(channel: NonNullable<MoltbotArgs["discord"]>): Json {
  const { applicationId, dmPolicy, allowFrom, guilds } = channel;
  return {
    enabled: true,
    // The config is read-only; a chat command that changes it could only fail.
    configWrites: false,
    token: secretRef("discord-token"),
    ...(applicationId === undefined ? {} : { applicationId }),
    dmPolicy,
    allowFrom,
    groupPolicy: groupPolicy(guilds),
    guilds: mapValues(guilds, ({ requireMention, users, roles, channels }) => ({
      requireMention,
      ...(users.length === 0 ? {} : { users }),
      ...(roles.length === 0 ? {} : { roles }),
      // One entry turns the map into a list of the only channels.
      ...(Object.keys(channels).length === 0
        ? {}
        : { channels: mapValues(channels, (settings) => ({ enabled: true, ...given(settings) })) }),
    })),
  };
}

function telegram(channel: NonNullable<MoltbotArgs["telegram"]>): Json {
  const { dmPolicy, allowFrom, groups } = channel;
  return {
    enabled: true,
    configWrites: false,
    botToken: secretRef("telegram-token"),
    dmPolicy,
    allowFrom,
    groupPolicy: groupPolicy(groups),
    groups: mapValues(groups, (settings) => given(settings)),
  };
}

/** Only what is named here is loaded: a plugin runs inside the gateway. */
function plugins({ discord: chat, telegram: bot, providers: services, onepassword }: MoltbotArgs): Json {
  return {
    allow: [
      ...(chat === undefined ? [] : ["discord"]),
      ...(bot === undefined ? [] : ["telegram"]),
      ...Object.keys(services).filter((name) => builtInHost(name) !== undefined),
      "memory-core",
      ...(onepassword === undefined ? [] : ["onepassword"]),
    ].toSorted(),
    entries: {
      // Not part of OpenClaw's package: an entry makes the gateway install it when it is missing.
      ...(chat === undefined ? {} : { discord: { enabled: true } }),
      // Dreaming asks the model every night.
      "memory-core": { enabled: true, config: { dreaming: { enabled: false } } },
      ...(onepassword === undefined
        ? {}
        : {
            onepassword: {
              enabled: true,
              config: {
                vault: onepassword.vault,
                defaultPolicy: "deny",
                items: mapValues(onepassword.items, (item) => given(item)),
              },
            },
          }),
    },
  };
}

function groupPolicy(groups: Json): "allowlist" | "disabled" {
  return Object.keys(groups).length === 0 ? "disabled" : "allowlist";
}

function secretRef(id: string): Json {
  return { source: "file", provider: id, id: "value" };
}

/** The entries that have a value. */
function given(settings: Json): Json {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Sorted by key, so that the order in a stack's file makes no difference. */
function mapValues<T>(map: Readonly<Record<string, T>>, render: (value: T, key: string) => unknown): Json {
  return Object.fromEntries(
    Object.entries(map)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, render(value, key)]),
  );
}
