import { expect, test } from "vitest";
import { moltbotConfig } from "../../../agents/moltbot.ts";
import {
  args,
  DISCORD_TOKEN,
  GUILD,
  least,
  MODEL_KEY,
  onDiscord,
  SANDBOX_IMAGE,
  TELEGRAM_TOKEN,
  USER,
  VAULT_TOKEN,
} from "./moltbot-fixtures.ts";

const config = (changes: object, base: object = least) => moltbotConfig(args({ ...base, ...changes }), SANDBOX_IMAGE);
const sandbox = (changes: object) => config({ sandbox: changes })["agents"];
const discord = (changes: object) => config({ discord: { token: DISCORD_TOKEN, ...changes } })["channels"];

test("turns guilds off where none is listed", () => {
  expect(discord({})).toMatchObject({ discord: { groupPolicy: "disabled", guilds: {} } });
});

test("turns groups off where none is listed", () => {
  expect(config({})["channels"]).toMatchObject({ telegram: { groupPolicy: "disabled", groups: {} } });
});

test("writes the application id and the people of an allowlist", () => {
  expect(discord({ applicationId: GUILD, dmPolicy: "allowlist", allowFrom: [USER] })).toMatchObject({
    discord: { applicationId: GUILD, dmPolicy: "allowlist", allowFrom: [USER] },
  });
});

test("writes roles and the only channels of a guild, a channel's own settings where it has any", () => {
  const channels = { "345678901234567890": {}, "456789012345678901": { requireMention: false, users: [USER] } };
  expect(discord({ guilds: { [GUILD]: { requireMention: false, roles: [USER], channels } } })).toMatchObject({
    discord: {
      guilds: {
        [GUILD]: {
          requireMention: false,
          roles: [USER],
          channels: {
            "345678901234567890": { enabled: true },
            "456789012345678901": { enabled: true, requireMention: false, users: [USER] },
          },
        },
      },
    },
  });
});

test("gives a group people of its own", () => {
  const groups = { "-1001234567890": { requireMention: false, allowFrom: ["987654321"] } };
  expect(config({ telegram: { ...least.telegram, groups } })["channels"]).toMatchObject({
    telegram: { groupPolicy: "allowlist", groups },
  });
});

test("closes a sandbox's network", () => {
  expect(sandbox({ network: "none" })).toMatchObject({ defaults: { sandbox: { docker: { network: "none" } } } });
});

test("writes a sandbox's limits", () => {
  const limits = { memoryMib: 1024, cpus: 0.5, pidsLimit: 64, scope: "session", idleHours: 1, maxAgeDays: 2 };
  expect(sandbox(limits)).toMatchObject({
    defaults: {
      sandbox: {
        scope: "session",
        docker: { memory: "1024m", memorySwap: "1024m", cpus: 0.5, pidsLimit: 64 },
        prune: { idleHours: 1, maxAgeDays: 2 },
      },
    },
  });
});

test("gives a provider of one's own the models that are used, with its limits", () => {
  const providers = {
    anthropic: { apiKey: MODEL_KEY, baseUrl: "https://proxy.example.com" },
    local: { apiKey: MODEL_KEY, baseUrl: "https://llm.example.com/v1", api: "anthropic-messages", maxTokens: 4096 },
  };
  const fallbacks = ["local/qwen3:32b", "local/org/model"];
  expect(config({ providers, fallbacks })["models"]).toEqual({
    catalogRefresh: { enabled: false },
    providers: {
      anthropic: {
        baseUrl: "https://proxy.example.com",
        apiKey: { source: "file", provider: "anthropic-api-key", id: "value" },
        agentRuntime: { id: "openclaw" },
      },
      local: {
        baseUrl: "https://llm.example.com/v1",
        api: "anthropic-messages",
        apiKey: { source: "file", provider: "local-api-key", id: "value" },
        agentRuntime: { id: "openclaw" },
        models: [
          { id: "qwen3:32b", name: "qwen3:32b", maxTokens: 4096 },
          { id: "org/model", name: "org/model", maxTokens: 4096 },
        ],
      },
    },
  });
});

test("loads no plugin that nobody asked for", () => {
  expect(config({})["plugins"]).toEqual({
    allow: ["anthropic", "memory-core", "telegram"],
    entries: { "memory-core": { enabled: true, config: { dreaming: { enabled: false } } } },
  });
});

test("shows sandboxed turns no plugin's tool without 1Password", () => {
  expect(config({})["tools"]).toEqual({
    elevated: { enabled: false },
    exec: { host: "sandbox" },
    fs: { workspaceOnly: true },
  });
});

test("is the same whatever the order of keys in the stack's file", () => {
  const two = {
    a: { apiKey: MODEL_KEY, baseUrl: "https://a.example.com" },
    b: { apiKey: MODEL_KEY, baseUrl: "https://b.example.com" },
  };
  const models = { model: "a/x", fallbacks: ["b/y"] };
  expect(JSON.stringify(config({ ...models, providers: { b: two.b, a: two.a } }))).toBe(
    JSON.stringify(config({ ...models, providers: two })),
  );
});

test("holds no secret", () => {
  const text = JSON.stringify(config({ telegram: least.telegram }, onDiscord));
  expect(
    [DISCORD_TOKEN, TELEGRAM_TOKEN, MODEL_KEY, VAULT_TOKEN, "[secret]"].filter((secret) => text.includes(secret)),
  ).toEqual([]);
});

test("has a file for each secret that it refers to, and no other", () => {
  const whole = config({ telegram: least.telegram }, onDiscord);
  const referred = [...JSON.stringify(whole).matchAll(/"source":"file","provider":"([^"]+)"/g)].map(([, id]) => id);
  expect(whole["secrets"]).toEqual({
    providers: Object.fromEntries(
      referred.map((id) => [id, { source: "file", path: `/run/secrets/${id}`, mode: "singleValue" }]),
    ),
  });
});
