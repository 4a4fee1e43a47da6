import { describe, expect, test } from "vitest";
import { z } from "zod";
import { PROVIDER_NAMES } from "../../../agents/nanobot-providers.ts";
import { masterSchema, nanobotSchema, tenantName } from "../../../agents/nanobot-schema.ts";
import { Secret } from "../../../agents/secret.ts";
import {
  DISCORD_TOKEN,
  FEISHU_SECRET,
  FEISHU_USER,
  feishu,
  MODEL_KEY,
  problemsOf,
  TELEGRAM_TOKEN,
  tenant,
} from "./nanobot-fixtures.ts";

const discordId = "12345678901234567";
const problems = (changes: Readonly<Record<string, unknown>>) => problemsOf(nanobotSchema, { ...tenant, ...changes });
const telegram = (changes: object) => ({ telegram: { ...tenant.telegram, ...changes } });
const discord = (changes: object) => ({ discord: { token: DISCORD_TOKEN, allowFrom: [discordId], ...changes } });
const provider = (changes: object) => ({ provider: { ...tenant.provider, ...changes } });

test("fills in every default", () => {
  expect(nanobotSchema.parse(tenant)).toEqual({
    telegram: { token: new Secret(TELEGRAM_TOKEN), allowFrom: ["123456789"], groupPolicy: "mention" },
    provider: { name: "anthropic", apiKey: new Secret(MODEL_KEY) },
    model: "claude-opus-4-5",
    temperature: 0.1,
    maxTokens: 8192,
    contextWindowTokens: 200_000,
    maxToolIterations: 50,
    timezone: "UTC",
    exec: { enable: false, timeoutSeconds: 60 },
    heartbeat: false,
    dream: false,
    pairing: false,
    public: false,
    sharedSessions: false,
    cpus: 1,
    memoryMib: 1024,
    volumeMib: 512,
    backupEveryMinutes: 5,
    egress: [],
  });
});

test("fills in the defaults of Discord and of a shell that is on", () => {
  const parsed = nanobotSchema.parse({ ...tenant, discord: { token: DISCORD_TOKEN }, exec: { enable: true } });
  expect([parsed.discord, parsed.exec]).toEqual([
    { token: new Secret(DISCORD_TOKEN), allowFrom: [], allowChannels: [], groupPolicy: "mention" },
    { enable: true, timeoutSeconds: 60 },
  ]);
});

test("fills in the defaults of WhatsApp and Feishu", () => {
  const parsed = nanobotSchema.parse({ ...tenant, whatsapp: {}, feishu: { ...feishu, allowFrom: undefined } });
  expect([parsed.whatsapp, parsed.feishu]).toEqual([
    { allowFrom: [], groupPolicy: "mention" },
    {
      appId: feishu.appId,
      appSecret: new Secret(FEISHU_SECRET),
      domain: "feishu",
      allowFrom: [],
      groupPolicy: "mention",
    },
  ]);
});

test("keeps what was chosen", () => {
  const chosen = {
    model: "deepseek/deepseek-chat:free",
    temperature: 0,
    maxTokens: 1,
    contextWindowTokens: 32_768,
    maxToolIterations: 200,
    timezone: "America/Argentina/Buenos_Aires",
    exec: { enable: true, timeoutSeconds: 600 },
    heartbeat: true,
    dream: true,
    pairing: true,
    public: true,
    sharedSessions: true,
    cpus: 0.5,
    memoryMib: 256,
    volumeMib: 4096,
    backupEveryMinutes: 60,
    egress: ["10.0.0.5:8000"],
  };
  expect(nanobotSchema.parse({ ...tenant, ...chosen })).toMatchObject(chosen);
});

describe("provider and model", () => {
  const oauth = "it signs in by OAuth in a browser and keeps the token outside the state volume";
  const base =
    'provider.apiBase must be an address without credentials or query, such as "https://llm.example.com/v1", got';
  const model = `model must be a model's name as the provider spells it, such as "claude-opus-4-5", got`;
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ provider: "anthropic" }, "provider must be a map with name and apiKey, got a text"],
    [{ provider: undefined }, "provider must be a map with name and apiKey, got nothing"],
    [provider({ name: undefined }), "provider.name must be a provider's name, got nothing"],
    [provider({ name: "openaiCodex" }), `provider.name must be another provider than openaiCodex: ${oauth}`],
    [provider({ name: "xaiGrok" }), `provider.name must be another provider than xaiGrok: ${oauth}`],
    [provider({ name: "githubCopilot" }), `provider.name must be another provider than githubCopilot: ${oauth}`],
    [
      provider({ name: "bedrock" }),
      "provider.name must be another provider than bedrock: it needs boto3 and AWS credentials, which the image does not hold; use a gateway such as openrouter",
    ],
    [
      provider({ name: "assemblyai" }),
      "provider.name must be another provider than assemblyai: it transcribes speech and has no chat model",
    ],
    [
      provider({ name: "auto" }),
      'provider.name must be named: with "auto" nanobot falls through to any provider that has a key',
    ],
    [provider({ name: "lm_studio" }), 'provider.name must be spelt "lmStudio", as nanobot does'],
    [provider({ name: "OpenAI" }), 'provider.name must be spelt "openai", as nanobot does'],
    [provider({ name: "github-copilot" }), 'provider.name must be spelt "githubCopilot", as nanobot does'],
    [
      provider({ name: "my proxy" }),
      "provider.name must be a provider's name of at most 31 letters and digits, first a lower-case letter",
    ],
    [provider({ apiBase: "https://me:pw@llm.example.com/v1" }), `${base} another text`],
    [provider({ apiBase: "https://llm.example.com/v1?key=abc" }), `${base} another text`],
    [provider({ apiBase: "https://llm.example.com/${TELEGRAM_BOT_TOKEN}" }), `${base} another text`],
    [provider({ apiBase: "https://llm.example.com:99999/v1" }), `${base} another text`],
    [provider({ apiBase: "llm.example.com" }), `${base} another text`],
    [provider({ apiBase: 5 }), `${base} a number`],
    [provider({ apikey: "x" }), 'provider must not have "apikey" (did you mean "apiKey"?)'],
    [
      provider({ apiKey: "changeme" }),
      "provider.apiKey must be a model provider's API key, got a placeholder that was left in",
    ],
    [{ model: undefined }, `${model} nothing`],
    [{ model: "" }, `${model} an empty text`],
    [{ model: "${TELEGRAM_BOT_TOKEN}" }, `${model} a text`],
    [{ model: 5 }, `${model} a number`],
    [{ model: MODEL_KEY }, `${model} what looks like a key or a token`],
    [{ model: TELEGRAM_TOKEN }, `${model} what looks like a key or a token`],
  ])("refuses %#", (changes, problem) => {
    expect(problems(changes)).toEqual([problem]);
  });

  test.each([...PROVIDER_NAMES, "companyProxy"])("takes %s", (name) => {
    expect(problems(provider({ name }))).toEqual([]);
  });
});

describe("tuning", () => {
  const zone = 'timezone must be an IANA time zone such as "Europe/Berlin", got';
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ temperature: 2.1 }, "temperature must be a number from 0 to 2, got 2.1"],
    [{ temperature: "0.5" }, "temperature must be a number from 0 to 2, got a text"],
    [{ maxTokens: 0 }, "maxTokens must be a whole number from 1 to 1000000 tokens, got 0"],
    [{ maxTokens: 1.5 }, "maxTokens must be a whole number from 1 to 1000000 tokens, got 1.5"],
    [
      { contextWindowTokens: 1023 },
      "contextWindowTokens must be a whole number from 1024 to 10000000 tokens, got 1023",
    ],
    [{ maxToolIterations: 201 }, "maxToolIterations must be a whole number from 1 to 200, got 201"],
    [{ exec: true }, "exec must be a map with enable and timeoutSeconds, got a boolean"],
    [{ exec: { enable: "yes" } }, "exec.enable must be true or false, got a text"],
    [{ exec: { timeoutSeconds: 0 } }, "exec.timeoutSeconds must be a whole number from 1 to 600 seconds, got 0"],
    [{ exec: { timeout: 5 } }, 'exec must not have "timeout" (the keys are enable, timeoutSeconds)'],
    [{ pairing: 1 }, "pairing must be true or false, got a number"],
    [{ public: "true" }, "public must be true or false, got a text"],
    [{ sharedSessions: null }, "sharedSessions must be true or false, got nothing"],
    [{ cpus: 0 }, "cpus must be a number from 0.1 to 64, got 0"],
    [{ memoryMib: "1g" }, "memoryMib must be a whole number from 256 to 65536 MiB, got a text"],
    [{ memoryMib: 128 }, "memoryMib must be a whole number from 256 to 65536 MiB, got 128"],
    [{ volumeMib: 511 }, "volumeMib must be a whole number from 512 to 1048576 MiB, got 511"],
    [{ backupEveryMinutes: 0 }, "backupEveryMinutes must be a whole number from 1 to 1440 minutes, got 0"],
    [{ egress: "10.0.0.5:8000" }, "egress must be a list of addresses in quotes, got a text"],
    [{ egress: [8000] }, "egress.0 must be an address in quotes, got a number"],
    [
      { egress: ["8.8.8.8/32"] },
      'egress.0 must be private, got "8.8.8.8/32": public addresses are open without an entry',
    ],
    [{ timezone: "berlin" }, `${zone} "berlin"`],
    [{ timezone: "europe/berlin" }, `${zone} "europe/berlin"`],
    [{ timezone: "Europe/berlin" }, `${zone} "Europe/berlin"`],
    [{ timezone: "Europe/Bonn" }, `${zone} "Europe/Bonn"`],
    [{ timezone: "PST" }, `${zone} "PST"`],
    [{ timezone: "SystemV/PST8" }, `${zone} a text`],
    [{ timezone: "America/New_york" }, `${zone} "America/New_york"`],
    [{ timezone: "+02:00" }, `${zone} a text`],
    [{ timezone: 2 }, "timezone must be an IANA time zone, got a number"],
  ])("refuses %#", (changes, problem) => {
    expect(problems(changes)).toEqual([problem]);
  });

  test.each(["UTC", "Europe/Berlin", "Asia/Kolkata", "Europe/Kyiv", "America/New_York", "Etc/GMT+5"])(
    "takes the time zone %s",
    (timezone) => {
      expect(problems({ timezone })).toEqual([]);
    },
  );
});

describe("keys that do not belong", () => {
  const window = "history is cut by tokens, see contextWindowTokens";
  test.each([
    ["memoryWindow", `nanobot replaced it: ${window}`],
    ["memory_window", `nanobot replaced it: ${window}`],
    ["contextBlockLimit", `nanobot removed it: ${window}`],
    ["consolidationRatio", "nanobot removed it: it now compacts idle sessions by itself"],
    ["failOnToolError", "nanobot removed it: the model always sees a tool's error and goes on"],
    ["restrictToWorkspace", "it is always on"],
    ["apiKey", "it belongs below provider"],
    ["agents", "nanobot's own layout: write model, temperature and the rest at this level"],
    ["channels", "nanobot's own layout: write telegram, discord, whatsapp or feishu at this level"],
    ["providers", "nanobot's own layout: write provider with name, apiKey and apiBase"],
    ["tools", "nanobot's own layout: write exec at this level; the other tools are fixed"],
    ["gateway", "nothing to choose there: it listens on loopback only and restarts by exiting"],
    ["websocket", "the WebUI is always off"],
    ["mcpServers", "roost starts no MCP servers"],
    ["temprature", 'did you mean "temperature"?'],
    ["max_tokens", 'did you mean "maxTokens"?'],
    ["Telegram", 'did you mean "telegram"?'],
  ])("%s says what to do instead", (key, reason) => {
    expect(problems({ [key]: 1 })).toEqual([` must not have "${key}" (${reason})`]);
  });

  test.each(["mode", "webhookUrl"])("telegram.%s says that roost polls", (key) => {
    expect(problems(telegram({ [key]: "x" }))).toEqual([
      `telegram must not have "${key}" (roost always polls, nothing listens on the host)`,
    ]);
  });

  test("telegram.apiBase says what nanobot reads instead", () => {
    expect(problems(telegram({ apiBase: "x" }))).toEqual([
      'telegram must not have "apiBase" (nanobot ignores it; proxy is what it reads)',
    ]);
  });

  test("an unknown key lists the known ones", () => {
    expect(problems({ workspace: "/x" })).toEqual([
      ' must not have "workspace" (the keys are telegram, discord, whatsapp, feishu, provider, model, temperature, maxTokens, contextWindowTokens, maxToolIterations, timezone, heartbeat, dream, sharedSessions, cpus, memoryMib, volumeMib, backupEveryMinutes, fresh, egress, exec, pairing, public)',
    ]);
  });

  test("two are named together", () => {
    expect(problems({ memoryWindow: 1, modle: 2 })).toEqual([
      ` must not have "memoryWindow" (nanobot replaced it: ${window}), "modle" (did you mean "model"?)`,
    ]);
  });

  test("a key that might be a secret is not shown", () => {
    expect(problems({ [TELEGRAM_TOKEN]: 1 })).toEqual([" must not have a key of another form"]);
  });

  test.each([
    [
      "dream",
      { annotateLineAges: 1, maxBatchSize: 1, maxIterations: 1, intervalH: 1 },
      "annotateLineAges, maxBatchSize, maxIterations",
    ],
    ["heartbeat", { keepRecentMessages: 1 }, "keepRecentMessages"],
  ])("a map below %s names what nanobot removed", (key, value, removed) => {
    expect(problems({ [key]: value })).toEqual([
      `${key} must be true or false, got a map: nanobot removed ${removed}, and the rest is fixed`,
    ]);
  });
});

test("names every problem at once", () => {
  expect(
    problemsOf(nanobotSchema, { telegram: { token: 1, allowFrom: [2] }, provider: {}, temperature: "x" }).map(
      (line) => line.split(" ")[0],
    ),
  ).toEqual(["telegram.token", "telegram.allowFrom.0", "provider.name", "model", "temperature"]);
});

test.each(["text", null, 5, []])("refuses %j as a tenant", (raw) => {
  expect(problemsOf(nanobotSchema, raw)[0]).toMatch(
    /^ must be a map with a channel, provider and model, got (a text|nothing|a number|a list)$/,
  );
});

// Wherever a person may paste one by mistake.
test.each([
  ["telegram.allowFrom", (secret: string) => telegram({ allowFrom: [secret] })],
  ["telegram.groupPolicy", (secret: string) => telegram({ groupPolicy: secret })],
  ["telegram.proxy", (secret: string) => telegram({ proxy: secret })],
  ["telegram", (secret: string) => ({ telegram: secret })],
  ["discord.allowFrom", (secret: string) => discord({ allowFrom: [secret] })],
  ["discord.allowChannels", (secret: string) => discord({ allowChannels: [secret] })],
  ["whatsapp.allowFrom", (secret: string) => ({ whatsapp: { allowFrom: [secret] } })],
  ["feishu.allowFrom", (secret: string) => ({ feishu: { ...feishu, allowFrom: [secret] } })],
  ["feishu.appId", (secret: string) => ({ feishu: { ...feishu, appId: secret } })],
  ["feishu.appSecret", (secret: string) => ({ feishu: { ...feishu, appSecret: ` ${secret}` } })],
  ["feishu.domain", (secret: string) => ({ feishu: { ...feishu, domain: secret } })],
  ["discord.token", (secret: string) => discord({ token: ` ${secret}` })],
  ["provider.name", (secret: string) => provider({ name: secret })],
  ["provider.apiBase", (secret: string) => provider({ apiBase: secret })],
  ["provider.apiKey", (secret: string) => provider({ apiKey: ` ${secret}` })],
  ["model", (secret: string) => ({ model: secret })],
  ["timezone", (secret: string) => ({ timezone: secret })],
  ["egress", (secret: string) => ({ egress: [secret] })],
  ["temperature", (secret: string) => ({ temperature: secret })],
  ["a key's name", (secret: string) => ({ [secret]: true })],
])("never shows a secret that was pasted into %s", (_, changes) => {
  const secrets = [TELEGRAM_TOKEN, DISCORD_TOKEN, MODEL_KEY, `${MODEL_KEY}-${"x".repeat(60)}`];
  const lines = secrets.flatMap((secret) => {
    const found = problems(changes(secret));
    expect(found).not.toEqual([]);
    return found;
  });
  for (const secret of secrets) expect(lines.join("\n")).not.toContain(secret);
});

describe("the master", () => {
  test("takes the least that its owner writes and gives what a tenant gives", () => {
    expect(masterSchema.parse(tenant)).toEqual(nanobotSchema.parse(tenant));
  });

  const owner = "must hold exactly one id, the owner's: the master rules the whole host";
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [telegram({ allowFrom: [] }), `telegram.allowFrom ${owner}`],
    [telegram({ allowFrom: ["1", "2"] }), `telegram.allowFrom ${owner}`],
    [telegram({ allowFrom: undefined }), "telegram.allowFrom must be a list of exactly one id, got nothing"],
    [discord({ allowFrom: [] }), `discord.allowFrom ${owner}`],
    [{ whatsapp: { allowFrom: [] } }, `whatsapp.allowFrom ${owner}`],
    [{ whatsapp: { allowFrom: ["491701234567", "491701234568"] } }, `whatsapp.allowFrom ${owner}`],
    [{ whatsapp: {} }, "whatsapp.allowFrom must be a list of exactly one id, got nothing"],
    [{ feishu: { ...feishu, allowFrom: [] } }, `feishu.allowFrom ${owner}`],
    [{ feishu: { ...feishu, allowFrom: [FEISHU_USER, FEISHU_USER] } }, `feishu.allowFrom ${owner}`],
    [
      { exec: { enable: true } },
      "exec.enable must be false: the master manages the host through one checked command, not through a shell",
    ],
    [{ pairing: true }, "pairing must be false: the master has one owner"],
    [{ public: true }, "public must be false: the master has one owner"],
    [
      { memoryWindow: 5 },
      ' must not have "memoryWindow" (nanobot replaced it: history is cut by tokens, see contextWindowTokens)',
    ],
  ])("refuses %#", (changes, problem) => {
    expect(problemsOf(masterSchema, { ...tenant, ...changes })).toEqual([problem]);
  });

  test("has the same keys as a tenant", () => {
    expect(Object.keys(masterSchema.shape)).toEqual(Object.keys(nanobotSchema.shape));
  });
});

describe("tenant names", () => {
  test.each(["a", "frontend", "a-1", "a".repeat(31), "hosting", "master2"])("takes %s", (name) => {
    expect(problemsOf(tenantName, name)).toEqual([]);
  });

  const form =
    " must have a name of 1 to 31 lower-case letters, digits and hyphens that begins with a letter and does not end with a hyphen";
  test.each(["", "A", "1a", "-a", "a-", "a_b", "a.b", "a b", "a".repeat(32), "a\n"])("refuses %j", (name) => {
    expect(problemsOf(tenantName, name)).toEqual([form]);
  });

  test.each(["host", "moltbot", "master"])("refuses %s, which is reserved", (name) => {
    expect(problemsOf(tenantName, name)).toEqual([` must have another name: "${name}" is roost's own`]);
  });
});

describe("the config reference", () => {
  interface Described {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Described>>;
  }
  const undescribed = (schema: Described, path: string): string[] => [
    ...(schema.description === undefined ? [path] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, below]) => undescribed(below, `${path}.${key}`)),
  ];

  test.each([
    ["tenant", nanobotSchema],
    ["master", masterSchema],
  ])("has a sentence for every key of a %s", (name, schema) => {
    // zod's own JSON Schema type is wider than what this test reads.
    expect(undescribed(z.toJSONSchema(schema, { io: "input" }) as Described, name)).toEqual([]);
  });

  test("asks for provider and model only", () => {
    expect(z.toJSONSchema(nanobotSchema, { io: "input" }).required).toEqual(["provider", "model"]);
  });
});
