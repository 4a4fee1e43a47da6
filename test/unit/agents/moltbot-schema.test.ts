import { describe, expect, test } from "vitest";
import { z } from "zod";
import { moltbotSchema } from "../../../agents/moltbot-schema.ts";
import { Secret } from "../../../agents/secret.ts";
import { secretPaths, showPath } from "../../../agents/secret-paths.ts";
import {
  args,
  changed,
  DISCORD_TOKEN,
  GUILD,
  least,
  MODEL_KEY,
  onDiscord,
  shapeProblems,
  TELEGRAM_TOKEN,
  USER,
  VAULT_TOKEN,
} from "./moltbot-fixtures.ts";

const { all, discord, provider, vault } = changed;

test("fills in every default", () => {
  expect(args(least)).toEqual({
    telegram: { token: new Secret(TELEGRAM_TOKEN), dmPolicy: "allowlist", allowFrom: ["123456789"], groups: {} },
    ownerAllowFrom: [],
    model: "anthropic/claude-opus-5",
    fallbacks: [],
    providers: { anthropic: { apiKey: new Secret(MODEL_KEY) } },
    sandbox: {
      memoryMib: 512,
      cpus: 1,
      pidsLimit: 256,
      scope: "agent",
      network: "bridge",
      idleHours: 24,
      maxAgeDays: 7,
    },
    cpus: 2,
    memoryMib: 2048,
    volumeMib: 10_240,
    backupEveryMinutes: 60,
    backupExclude: [
      "workspace/projects/**/node_modules",
      "workspace/projects/**/target",
      "workspace/projects/**/.venv",
      "workspace/projects/**/__pycache__",
      "workspace/projects/**/.cache",
      "workspace/projects/**/.gradle",
      "workspace/projects/**/.next",
    ],
    egress: [],
  });
});

test("fills in the defaults of guilds, groups and 1Password items", () => {
  const parsed = args({
    ...onDiscord,
    discord: { token: DISCORD_TOKEN, guilds: { [GUILD]: { channels: { "345678901234567890": {} } } } },
    telegram: { token: TELEGRAM_TOKEN, groups: { "-1001234567890": {} } },
    onepassword: { ...onDiscord.onepassword, items: { "github-token": { item: "GitHub" } } },
  });
  expect([parsed.discord, parsed.telegram, parsed.onepassword]).toEqual([
    {
      token: new Secret(DISCORD_TOKEN),
      dmPolicy: "pairing",
      allowFrom: [],
      guilds: { [GUILD]: { requireMention: true, users: [], roles: [], channels: { "345678901234567890": {} } } },
    },
    {
      token: new Secret(TELEGRAM_TOKEN),
      dmPolicy: "pairing",
      allowFrom: [],
      groups: { "-1001234567890": { requireMention: true } },
    },
    {
      serviceAccountToken: new Secret(VAULT_TOKEN),
      vault: "moltbot",
      items: { "github-token": { item: "GitHub", field: "credential", policy: "deny" } },
    },
  ]);
});

test("keeps what was chosen", () => {
  const chosen = {
    ownerAllowFrom: [`discord:${USER}`, "telegram:123456789"],
    model: "openrouter/deepseek/deepseek-chat:free",
    fallbacks: ["anthropic/claude-opus-5"],
    sandbox: {
      memoryMib: 128,
      cpus: 0.1,
      pidsLimit: 32_768,
      scope: "session",
      network: "none",
      idleHours: 1,
      maxAgeDays: 365,
    },
    cpus: 0.5,
    memoryMib: 4096,
    volumeMib: 512,
    backupEveryMinutes: 5,
    backupExclude: ["workspace/**/dist", "workspace/projects/huge", "workspace/tmp/*.iso"],
    egress: ["10.20.0.0/16"],
  };
  expect(args({ ...least, ...chosen })).toEqual({ ...args(least), ...chosen });
});

test("takes an op:// reference for each secret", () => {
  const reference = "op://vault/item/field";
  expect(
    shapeProblems({
      ...onDiscord,
      discord: { token: reference },
      telegram: { token: reference },
      providers: { anthropic: { apiKey: reference } },
      onepassword: { ...onDiscord.onepassword, serviceAccountToken: reference },
    }),
  ).toEqual([]);
});

test("marks every secret leaf", () => {
  const found = secretPaths(moltbotSchema, { ...onDiscord, telegram: least.telegram });
  expect(found.map(({ path, kind }) => `${showPath(path)}: ${kind.what}`)).toEqual([
    "discord.token: a Discord bot token",
    "telegram.token: a Telegram bot token",
    "providers.anthropic.apiKey: a model provider's API key",
    "onepassword.serviceAccountToken: a 1Password service account's token",
  ]);
});

test("has a placeholder that passes as a service account's token", () => {
  const leaf = secretPaths(moltbotSchema, onDiscord).at(-1);
  expect(vault({ serviceAccountToken: leaf?.kind.placeholder("0123456789".repeat(4)) })).toEqual([]);
});

test("describes every key", () => {
  expect(undescribed(moltbotSchema, "moltbot")).toEqual([]);
});

describe("never shows a token that was pasted", () => {
  const secret = DISCORD_TOKEN;
  test.each([
    ["as a guild's id", discord({ guilds: { [secret]: {} } })],
    ["as a user's id", discord({ allowFrom: [secret] })],
    ["as a policy", discord({ dmPolicy: secret })],
    ["as an unknown key", discord({ [secret]: true })],
    ["as a provider's name", all({ providers: { [secret]: {} } })],
    ["as a model", all({ model: secret })],
    ["as an address", provider({ baseUrl: secret })],
    ["as another key", provider({ apiKey: `${secret} ` })],
    ["as a vault", vault({ vault: `-${secret}` })],
    ["as a slug", vault({ items: { [secret]: {} } })],
    ["as an owner", all({ ownerAllowFrom: [secret] })],
    ["as a glob", all({ backupExclude: [secret] })],
    ["as an address to open", all({ egress: [secret] })],
    ["as the whole config", shapeProblems(secret)],
  ])("%s", (_where, found) => {
    expect([found.length, found.join("\n").includes(secret.slice(0, 20))]).toEqual([1, false]);
  });
});

/** Paths of the keys that say nothing about themselves. */
function undescribed(schema: z.core.$ZodType, path: string): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return undescribed(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodRecord) return undescribed(schema.valueType, `${path}.*`);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(schema.shape).flatMap(([key, value]) => [
    ...(value.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(value, `${path}.${key}`),
  ]);
}
