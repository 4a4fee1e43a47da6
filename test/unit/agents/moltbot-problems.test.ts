import { describe, expect, test } from "vitest";
import { moltbotProblems } from "../../../agents/moltbot-problems.ts";
import {
  args,
  DISCORD_TOKEN,
  least,
  MODEL_KEY,
  onDiscord,
  onTelegram,
  TELEGRAM_TOKEN,
  USER,
} from "./moltbot-fixtures.ts";

const problems = (changes: object, base: object = least) =>
  moltbotProblems(args({ ...base, ...changes })).map(({ path, message }) => `${path} ${message}`);
const local = (baseUrl: string, egress: readonly string[] = []) =>
  problems({ model: "local/qwen3", providers: { local: { apiKey: MODEL_KEY, baseUrl } }, egress });
const telegram = (changes: object) => problems({ telegram: { ...least.telegram, ...changes } });

test.each([
  ["the least", {}, least],
  ["Discord with pairing and 1Password", {}, onDiscord],
  ["Telegram with a private model", {}, onTelegram],
  ["pairing with an owner", { telegram: { token: TELEGRAM_TOKEN }, ownerAllowFrom: ["telegram:123456789"] }, least],
  ["a fallback of the same provider", { fallbacks: ["anthropic/claude-haiku-4-5"] }, least],
  ["a built-in provider for /model", { providers: { ...least.providers, openai: { apiKey: MODEL_KEY } } }, least],
  [
    "a group with people of its own",
    {
      telegram: { token: TELEGRAM_TOKEN, groups: { "-1001234567890": { allowFrom: ["123456789"] } } },
      ownerAllowFrom: ["telegram:123456789"],
    },
    least,
  ],
])("finds nothing wrong with %s", (_what, changes, base) => {
  expect(problems(changes, base)).toEqual([]);
});

const pairing = (channel: string) =>
  `ownerAllowFrom must name the owner, such as "${channel}:<user id>", because ${channel}.dmPolicy is "pairing": OpenClaw would write the first approved person into its config, which is read-only`;

describe("refuses", () => {
  const known = "anthropic, google, huggingface, minimax, nvidia, openai, openrouter, together, xai";

  test.each([
    [
      "no channel at all",
      problems({ telegram: undefined }),
      ["discord must be given, or telegram: without a channel nobody reaches Moltbot"],
    ],
    [
      "an allowlist of nobody",
      telegram({ allowFrom: [] }),
      [
        'telegram.allowFrom must name at least one id with dmPolicy "allowlist", got an empty list: every private message would be dropped',
      ],
    ],
    [
      "a Discord allowlist of nobody",
      problems({ discord: { token: DISCORD_TOKEN, dmPolicy: "allowlist" } }),
      [
        'discord.allowFrom must name at least one id with dmPolicy "allowlist", got an empty list: every private message would be dropped',
      ],
    ],
    [
      "a person twice",
      telegram({ allowFrom: ["123456789", "987654321", "123456789"] }),
      ["telegram.allowFrom[2] must not be listed twice"],
    ],
    ["Telegram pairing without an owner", telegram({ dmPolicy: "pairing" }), [pairing("telegram")]],
    ["Discord pairing without an owner", problems({ discord: { token: DISCORD_TOKEN } }), [pairing("discord")]],
    [
      "an owner on a channel that is not set up",
      problems({ ownerAllowFrom: [`discord:${USER}`] }),
      ["ownerAllowFrom[0] must be of a channel that is set up: there is no discord"],
    ],
    [
      "an owner twice",
      problems({ ownerAllowFrom: ["telegram:123456789", "telegram:123456789"] }),
      ["ownerAllowFrom[1] must not be listed twice"],
    ],
    [
      "a group that would answer nobody",
      problems({
        telegram: { token: TELEGRAM_TOKEN, groups: { "-1001234567890": {} } },
        ownerAllowFrom: ["telegram:123456789"],
      }),
      [
        "telegram.groups.-1001234567890.allowFrom must name who may use the bot there, or telegram.allowFrom must: pairing admits to private chats only, so it would answer nobody",
      ],
    ],

    [
      "a model whose provider has no key",
      problems({ model: "openai/gpt-5.6" }),
      [
        'model must name a provider that has a key, got "openai", which is not in providers: add providers.openai.apiKey',
      ],
    ],
    [
      "a misspelt provider",
      problems({ model: "antropic/claude-opus-5" }),
      [
        'model must name a provider that has a key, got "antropic", which is not in providers: did you mean "anthropic"?',
      ],
    ],
    [
      "a fallback whose provider has no key",
      problems({ fallbacks: ["xai/grok-4"] }),
      [
        'fallbacks[0] must name a provider that has a key, got "xai", which is not in providers: add providers.xai.apiKey',
      ],
    ],
    [
      "a fallback twice",
      problems({ fallbacks: ["anthropic/a", "anthropic/a"] }),
      ["fallbacks[1] must not be listed twice"],
    ],
    [
      "an unknown provider without an address",
      problems({ model: "local/qwen3", providers: { local: { apiKey: MODEL_KEY } } }),
      [
        `providers.local.baseUrl must be given for a provider that OpenClaw 2026.9.6 does not know by name: it knows ${known}`,
      ],
    ],
    [
      "a misspelt provider with a key",
      problems({ model: "opnai/gpt-5.6", providers: { opnai: { apiKey: MODEL_KEY } } }),
      [
        'providers.opnai.baseUrl must be given for a provider that OpenClaw 2026.9.6 does not know by name: did you mean "openai"?',
      ],
    ],
    [
      "an unknown provider that no model uses",
      problems({ providers: { ...least.providers, local: { apiKey: MODEL_KEY, baseUrl: "https://llm.example.com" } } }),
      ["providers.local must be the provider of model or of a fallback: OpenClaw knows no models of local"],
    ],
    [
      "what OpenClaw knows better",
      problems({
        providers: {
          anthropic: { apiKey: MODEL_KEY, api: "anthropic-messages", contextWindow: 200_000, maxTokens: 1 },
        },
      }),
      ["api", "contextWindow", "maxTokens"].map(
        (key) => `providers.anthropic.${key} must be left out: OpenClaw knows it of anthropic`,
      ),
    ],
    [
      "a private address that is closed",
      local("http://10.20.0.5:8000/v1"),
      ['providers.local.baseUrl must be reachable: private addresses are closed, so add "10.20.0.5:8000" to egress'],
    ],
    [
      "a private address whose other port is open",
      local("https://10.20.0.5/v1", ["10.20.0.5:8000"]),
      ['providers.local.baseUrl must be reachable: private addresses are closed, so add "10.20.0.5:443" to egress'],
    ],
    [
      "a private name that is closed",
      local("http://gpu.lan/v1"),
      [
        'providers.local.baseUrl must be reachable: gpu.lan is a private name, so add its address as "<address>:80" to egress',
      ],
    ],
    [
      "the container itself",
      local("http://127.0.0.1:11434"),
      [
        "providers.local.baseUrl must be an address outside the container, got 127.0.0.1, which is the container's own: use the private address of the machine that serves it",
      ],
    ],
    [
      "a key in the clear",
      local("http://llm.example.com/v1"),
      ["providers.local.baseUrl must begin with https://: key and messages would cross the internet in the clear"],
    ],
    [
      "a key in the clear to a public address",
      local("http://192.0.2.7/v1"),
      ["providers.local.baseUrl must begin with https://: key and messages would cross the internet in the clear"],
    ],
    ["an opening twice", problems({ egress: ["10.0.0.0/8", "10.0.0.0/8"] }), ["egress[1] must not be listed twice"]],
    [
      "one field under two slugs",
      problems({
        onepassword: {
          ...onDiscord.onepassword,
          items: {
            a: { item: "GitHub", policy: "deny" },
            b: { item: "GitHub", policy: "auto" },
            c: { item: "GitHub", field: "username" },
          },
        },
      }),
      ['onepassword.items.b must be another field than that of "a": two slugs of one field would have two policies'],
    ],
  ])("%s", (_what, found, wanted) => {
    expect(found).toEqual(wanted);
  });

  test("mistakes of several keys at once", () => {
    expect(problems({ telegram: undefined, model: "openai/gpt-5.6", ownerAllowFrom: [`discord:${USER}`] })).toEqual([
      "discord must be given, or telegram: without a channel nobody reaches Moltbot",
      "ownerAllowFrom[0] must be of a channel that is set up: there is no discord",
      'model must name a provider that has a key, got "openai", which is not in providers: add providers.openai.apiKey',
    ]);
  });
});

test("opens a private name whose port is open at some address", () => {
  expect(local("http://gpu.lan:8000/v1", ["10.20.0.5:8000"])).toEqual([]);
});

test("opens a private address within a range", () => {
  expect(local("http://10.20.0.5:8000/v1", ["10.20.0.0/16"])).toEqual([]);
});
