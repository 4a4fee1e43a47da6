import { expect, test } from "vitest";
import { nanobotProblems } from "../../../agents/nanobot-problems.ts";
import { args, DISCORD_TOKEN, feishu, MODEL_KEY, TELEGRAM_TOKEN, whatsapp } from "./nanobot-fixtures.ts";

const found = (changes: Readonly<Record<string, unknown>>): string[] =>
  nanobotProblems(args(changes)).map(({ path, message }) => `${path} ${message}`);

const telegram = (changes: object) => ({ telegram: { token: TELEGRAM_TOKEN, allowFrom: ["123456789"], ...changes } });
const provider = (changes: object, others: object = {}) => ({
  provider: { name: "vllm", apiKey: MODEL_KEY, ...changes },
  model: "m",
  ...others,
});

test.each([
  ["the least tenant", {}],
  ["Discord alone", { telegram: undefined, discord: { token: DISCORD_TOKEN, allowFrom: ["12345678901234567"] } }],
  ["WhatsApp alone", { telegram: undefined, whatsapp }],
  ["Feishu alone", { telegram: undefined, feishu }],
  ["a shell beside Feishu", { feishu, exec: { enable: true } }],
  ["WhatsApp with just enough memory", { whatsapp, memoryMib: 300 }],
  ["an empty allow list, asked for", { ...telegram({ allowFrom: [] }), pairing: true }],
  ["everybody, asked for", { ...telegram({ allowFrom: ["*"] }), public: true }],
  ["a public proxy", telegram({ proxy: "http://proxy.example.com:3128" })],
  [
    "a private proxy with its address open",
    { ...telegram({ proxy: "socks5://10.0.0.9:1080" }), egress: ["10.0.0.9:1080"] },
  ],
  [
    "a private service without a key, its port open",
    { provider: { name: "ollama", apiBase: "http://10.0.0.5:11434/v1" }, egress: ["10.0.0.5:11434"] },
  ],
  ["a private service, its network open", provider({ apiBase: "http://[fd00::5]/v1" }, { egress: ["fd00::/64"] })],
  [
    "a private name, some address open at its port",
    provider({ apiBase: "http://gpu.lan:8000/v1" }, { egress: ["10.0.0.5:8000"] }),
  ],
  ["a public service with a key", provider({ name: "company", apiBase: "https://llm.example.com/v1" })],
  ["Azure with address and key", provider({ name: "azureOpenai", apiBase: "https://me.openai.azure.com" })],
  [
    "a hosted provider behind a proxy of its own, whose names have prefixes",
    provider({ name: "openai", apiBase: "https://llm.example.com/v1" }, { model: "anthropic/claude" }),
  ],
  ["Anthropic's own prefix, which nanobot strips", { model: "anthropic/claude-opus-4-5" }],
  ["a gateway, whose names have prefixes", provider({ name: "openrouter" }, { model: "openai/gpt-5" })],
  ["a slash that is no provider's", provider({ name: "gemini" }, { model: "models/gemini-3" })],
  ["temperature 1 for Anthropic", { temperature: 1 }],
  ["temperature 2 elsewhere", provider({ name: "openai" }, { temperature: 2 })],
])("accepts %s", (_, changes) => {
  expect(found(changes)).toEqual([]);
});

const closed = (entry: string) => `must be reachable: private addresses are closed, so add "${entry}" to egress`;
const own = (host: string) =>
  `must be an address outside the container, got ${host}, which is the container's own: use the private address of the machine that serves it`;

test.each<[string, Readonly<Record<string, unknown>>, string[]]>([
  [
    "no channel",
    { telegram: undefined },
    ["telegram must be given, or discord, whatsapp or feishu: without a channel nobody reaches the agent"],
  ],
  [
    "an empty allow list",
    telegram({ allowFrom: [] }),
    [
      "telegram.allowFrom must name at least one id, got an empty list: with it the agent answers nobody until it is paired, which pairing: true accepts",
    ],
  ],
  [
    "an empty allow list of Discord",
    { discord: { token: DISCORD_TOKEN } },
    [
      "discord.allowFrom must name at least one id, got an empty list: with it the agent answers nobody until it is paired, which pairing: true accepts",
    ],
  ],
  [
    "an empty allow list of WhatsApp and of Feishu",
    { whatsapp: {}, feishu: { ...feishu, allowFrom: [] } },
    ["whatsapp", "feishu"].map(
      (channel) =>
        `${channel}.allowFrom must name at least one id, got an empty list: with it the agent answers nobody until it is paired, which pairing: true accepts`,
    ),
  ],
  [
    "everybody on WhatsApp and on Feishu",
    { whatsapp: { allowFrom: ["*"] }, feishu: { ...feishu, allowFrom: ["*"] } },
    ["whatsapp", "feishu"].map(
      (channel) =>
        `${channel}.allowFrom[0] must be an id, got "*": it lets anybody use the agent and its model key, which public: true accepts`,
    ),
  ],
  [
    "a shell beside the pairing of WhatsApp",
    { whatsapp, exec: { enable: true } },
    ["exec.enable must be false beside whatsapp: a shell could copy the pairing, and with it the account"],
  ],
  [
    "less memory than Feishu's library needs",
    { feishu, memoryMib: 399 },
    ["memoryMib must be at least 400 MiB with these channels, whose libraries are large, got 399"],
  ],
  [
    "everybody",
    telegram({ allowFrom: ["1", "*"] }),
    [
      'telegram.allowFrom[1] must be an id, got "*": it lets anybody use the agent and its model key, which public: true accepts',
    ],
  ],
  [
    "everybody, although pairing is on",
    { ...telegram({ allowFrom: ["*"] }), pairing: true },
    [
      'telegram.allowFrom[0] must be an id, got "*": it lets anybody use the agent and its model key, which public: true accepts',
    ],
  ],
  [
    "a shell for everybody",
    { ...telegram({ allowFrom: ["*"] }), public: true, exec: { enable: true } },
    ["exec.enable must be false beside public: true: anybody would get a shell"],
  ],
  ["a private proxy", telegram({ proxy: "socks5://10.0.0.9:1080" }), [`telegram.proxy ${closed("10.0.0.9:1080")}`]],
  ["a proxy in the container", telegram({ proxy: "http://localhost:3128" }), [`telegram.proxy ${own("localhost")}`]],
  [
    "a hosted provider without a key",
    { provider: { name: "openai" } },
    ["provider.apiKey must be given: openai answers nothing without a key"],
  ],
  [
    "Azure with neither",
    { provider: { name: "azureOpenai" } },
    [
      'provider.apiBase must be given: the address of your Azure resource, "https://<resource>.openai.azure.com"',
      "provider.apiKey must be given: azureOpenai answers nothing without a key",
    ],
  ],
  [
    "a local provider at its default address",
    { provider: { name: "ollama" } },
    ["provider.apiBase must be given: the default of ollama is the container itself, where nothing answers"],
  ],
  [
    "a misspelt provider",
    provider({ name: "antropic" }),
    [
      'provider.apiBase must be given for a provider that nanobot does not know by name; did you mean provider.name "anthropic"?',
    ],
  ],
  [
    "an unknown provider",
    provider({ name: "company" }),
    ["provider.apiBase must be given for a provider that nanobot does not know by name"],
  ],
  [
    "a service in the container",
    provider({ apiBase: "http://127.0.0.1:8000/v1" }),
    [`provider.apiBase ${own("127.0.0.1")}`],
  ],
  [
    "a private service",
    provider({ apiBase: "http://10.0.0.5:8000/v1" }),
    [`provider.apiBase ${closed("10.0.0.5:8000")}`],
  ],
  [
    "a private service on port 80",
    provider({ apiBase: "http://192.168.1.2/v1" }),
    [`provider.apiBase ${closed("192.168.1.2:80")}`],
  ],
  [
    "a private service on port 443",
    provider({ apiBase: "https://100.64.1.2/v1" }),
    [`provider.apiBase ${closed("100.64.1.2:443")}`],
  ],
  [
    "a private IPv6 service",
    provider({ apiBase: "http://[fd00::5]:8000/v1" }),
    [`provider.apiBase ${closed("[fd00::5]:8000")}`],
  ],
  [
    "a private service whose other port is open",
    provider({ apiBase: "http://10.0.0.5:8000/v1" }, { egress: ["10.0.0.5:8001"] }),
    [`provider.apiBase ${closed("10.0.0.5:8000")}`],
  ],
  [
    "a private name",
    provider({ apiBase: "http://gpu.lan:8000/v1" }),
    ['provider.apiBase must be reachable: gpu.lan is a private name, so add its address as "<address>:8000" to egress'],
  ],
  [
    "a public service in the clear",
    provider({ apiBase: "http://llm.example.com/v1" }),
    ["provider.apiBase must begin with https://: key and messages would cross the internet in the clear"],
  ],
  [
    "a public service without a key",
    { provider: { name: "company", apiBase: "https://llm.example.com/v1" } },
    ["provider.apiKey must be given for a public apiBase: a service that asks for none is open to everybody"],
  ],
  [
    "another provider's prefix",
    { model: "openai/gpt-5" },
    [
      'model must be the name that anthropic itself uses, got one that begins with "openai/": drop the prefix or change provider.name',
    ],
  ],
  [
    "a provider's own prefix, which nanobot sends on",
    provider({ name: "openai" }, { model: "openai/gpt-5" }),
    [
      'model must be the name that openai itself uses, got one that begins with "openai/": drop the prefix or change provider.name',
    ],
  ],
  ["too hot for Anthropic", { temperature: 1.1 }, ["temperature must be at most 1 for anthropic, got 1.1"]],
  [
    "too hot for another that speaks its API",
    provider({ name: "kimiCoding" }, { temperature: 1.1 }),
    ["temperature must be at most 1 for kimiCoding, got 1.1"],
  ],
  [
    "an answer longer than the window",
    { maxTokens: 8192, contextWindowTokens: 8192 },
    ["maxTokens must be less than contextWindowTokens (8192), got 8192"],
  ],
  [
    "several at once",
    { telegram: undefined, provider: { name: "openai" }, temperature: 0, maxTokens: 2000, contextWindowTokens: 1024 },
    [
      "telegram must be given, or discord, whatsapp or feishu: without a channel nobody reaches the agent",
      "provider.apiKey must be given: openai answers nothing without a key",
      "maxTokens must be less than contextWindowTokens (1024), got 2000",
    ],
  ],
])("refuses %s", (_, changes, problems) => {
  expect(found(changes)).toEqual(problems);
});
