import { type MoltbotArgs, moltbotSchema } from "../../../agents/moltbot-schema.ts";
import { parseArgs } from "../../../agents/parse.ts";

export const TELEGRAM_TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
export const DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB";
export const MODEL_KEY = "sk-ant-api03-0123456789abcdef";
export const VAULT_TOKEN = `ops_${"eyJzaWduSW5BZGRyZXNzIjoibXku".repeat(8)}`;
export const IMAGE = `ghcr.io/owner/moltbot-gateway@sha256:${"1".repeat(64)}`;
export const SANDBOX_IMAGE = `ghcr.io/owner/moltbot-sandbox@sha256:${"2".repeat(64)}`;

/** Discord with pairing, one guild, a 1Password item: the set-up that people ask for first. */
export const onDiscord = {
  discord: {
    token: DISCORD_TOKEN,
    guilds: { "234567890123456789": { users: ["123456789012345678"] } },
  },
  ownerAllowFrom: ["discord:123456789012345678"],
  model: "anthropic/claude-opus-5",
  providers: { anthropic: { apiKey: MODEL_KEY } },
  onepassword: {
    serviceAccountToken: VAULT_TOKEN,
    vault: "moltbot",
    items: { "github-token": { item: "GitHub Token - Moltbot", policy: "auto", description: "GitHub pull requests" } },
  },
};

/** Telegram for one person, with a model on a private network. */
export const onTelegram = {
  telegram: {
    token: TELEGRAM_TOKEN,
    dmPolicy: "allowlist",
    allowFrom: ["123456789"],
    groups: { "-1001234567890": {} },
  },
  model: "local/qwen3:32b",
  providers: { local: { apiKey: MODEL_KEY, baseUrl: "http://10.20.0.5:8000/v1", contextWindow: 32_768 } },
  egress: ["10.20.0.5:8000"],
  sandbox: { network: "none" },
};

/** The least that a gateway needs. */
export const least = {
  telegram: { token: TELEGRAM_TOKEN, dmPolicy: "allowlist", allowFrom: ["123456789"] },
  model: "anthropic/claude-opus-5",
  providers: { anthropic: { apiKey: MODEL_KEY } },
};

/** Checked arguments of one of the above. */
export function args(raw: Readonly<Record<string, unknown>>): MoltbotArgs {
  return moltbotSchema.parse(raw);
}

/** Every problem of the arguments' shape, as a person reads it: path and message. */
export function shapeProblems(raw: unknown): string[] {
  const parsed = parseArgs(moltbotSchema, raw);
  return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path} ${message}`) : [];
}

export const USER = "123456789012345678";
export const GUILD = "234567890123456789";

/** Problems of the shape after a change to the Discord set-up, or to one part of it. */
export const changed = {
  all: (changes: object) => shapeProblems({ ...onDiscord, ...changes }),
  discord: (changes: object) => changed.all({ discord: { ...onDiscord.discord, ...changes } }),
  guild: (changes: object) => changed.discord({ guilds: { [GUILD]: changes } }),
  telegram: (changes: object) => changed.all({ telegram: { ...least.telegram, ...changes } }),
  provider: (changes: object) => changed.all({ providers: { anthropic: { apiKey: MODEL_KEY, ...changes } } }),
  vault: (changes: object) => changed.all({ onepassword: { ...onDiscord.onepassword, ...changes } }),
  item: (changes: object) => changed.vault({ items: { "github-token": { item: "GitHub", ...changes } } }),
  sandbox: (changes: object) => changed.all({ sandbox: changes }),
};
