import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nanobotWorkload } from "../../agents/nanobot.ts";
import { nanobotProblems } from "../../agents/nanobot-problems.ts";
import { PROVIDER_NAMES, providerKind } from "../../agents/nanobot-providers.ts";
import { masterSchema, type NanobotArgs, nanobotSchema } from "../../agents/nanobot-schema.ts";
import { checkNanobotConfig, registeredProviders, whatsappSenders } from "./nanobot-check.ts";

const telegram = { token: "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", allowFrom: ["123456789"] };
const discord = {
  token: "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB",
  allowFrom: ["12345678901234567"],
};
const whatsapp = { allowFrom: ["491701234567"] };
const feishu = {
  appId: "cli_a1b2c3d4e5f6a7b8",
  appSecret: "abcdefghijklmnopqrstuvwxyz012345",
  allowFrom: ["ou_7dede290d6a27698b969a7fd70ca53da"],
};
const provider = { name: "anthropic", apiKey: "sk-ant-api03-0123456789abcdef" };
const model = "claude-opus-4-5";
const tenant = { telegram, provider, model };

const tenants: Readonly<Record<string, object>> = {
  telegram: tenant,
  discord: { ...tenant, telegram: undefined, discord: { ...discord, allowChannels: ["76543210987654321"] } },
  "both-channels": { ...tenant, discord, telegram: { ...telegram, groupPolicy: "open" } },
  whatsapp: { ...tenant, telegram: undefined, whatsapp },
  feishu: { ...tenant, telegram: undefined, feishu },
  lark: {
    ...tenant,
    telegram: undefined,
    feishu: { ...feishu, domain: "lark", encryptKey: "kq7Wn2xV9pTzR4", verificationToken: "v8Gh3Lm6Qs1Yc5" },
  },
  "every-channel": {
    ...tenant,
    discord,
    whatsapp: { ...whatsapp, groupPolicy: "open" },
    feishu: { ...feishu, groupPolicy: "open" },
  },
  proxy: { ...tenant, telegram: { ...telegram, proxy: "socks5://10.0.0.9:1080" }, egress: ["10.0.0.9:1080"] },
  shell: { ...tenant, exec: { enable: true, timeoutSeconds: 600 } },
  background: { ...tenant, heartbeat: true, dream: true },
  pairing: { ...tenant, telegram: { ...telegram, allowFrom: [] }, pairing: true },
  public: { ...tenant, telegram: { ...telegram, allowFrom: ["*"] }, public: true, sharedSessions: true },
  "public-everywhere": {
    ...tenant,
    whatsapp: { allowFrom: ["*"] },
    feishu: { ...feishu, allowFrom: ["*"] },
    public: true,
  },
  tuned: { ...tenant, temperature: 1, maxTokens: 1, contextWindowTokens: 1024, maxToolIterations: 200 },
  "custom-provider": { ...tenant, provider: { ...provider, name: "company1", apiBase: "https://llm.example.com/v1" } },
  "private-provider": {
    ...tenant,
    provider: { name: "ollama", apiBase: "http://[fd00::5]:11434/v1" },
    egress: ["[fd00::5]:11434"],
  },
  ...Object.fromEntries(
    ["Asia/Kolkata", "Europe/Kyiv", "America/Argentina/Buenos_Aires", "Etc/GMT+5"].map((timezone) => [
      `timezone-${timezone.replaceAll("/", "-")}`,
      { ...tenant, timezone },
    ]),
  ),
  ...Object.fromEntries(
    PROVIDER_NAMES.map((name) => [
      `provider-${name}`,
      {
        ...tenant,
        provider: {
          ...provider,
          name,
          ...(providerKind(name).kind === "hosted" ? {} : { apiBase: "https://llm.example.com/v1" }),
        },
      },
    ]),
  ),
};

const rendered = (args: NanobotArgs, name: string): string => {
  expect(nanobotProblems(args)).toEqual([]);
  return nanobotWorkload(args, { name, image: "registry/nanobot" }).files["config.json"] ?? "";
};

/** A rendered config with one thing broken in its text, and what nanobot must be found to say. */
const mutants: Readonly<Record<string, readonly [find: string, replace: string, line: string]>> = {
  "nested typo": ['"restrictToWorkspace"', '"restrictToWorkspac"', "tools.restrictToWorkspac: unknown key"],
  "typo two levels down": ['"useJinaReader"', '"useJina"', "tools.web.fetch.useJina: unknown key"],
  "typo in a channel": ['"groupPolicy"', '"groupPolici"', "channels.telegram.groupPolici: unknown key"],
  "typo in a provider": ['"apiKey"', '"apiKee"', "providers.anthropic.apiKee: unknown key"],
  "snake case": ['"maxTokens"', '"max_tokens"', "agents.defaults.max_tokens: unknown key"],
  "unknown section": ['"transcription"', '"transcriptions"', "transcriptions: unknown key"],
  "removed setting": ['"maxTokens"', '"memoryWindow"', "agents.defaults.memoryWindow: unknown key"],
  "setting given twice": [
    '"maxTokens": 8192',
    '"maxTokens": 1, "maxTokens": 2',
    "maxTokens: given twice in one object",
  ],
  "number as text": ["18790", '"18790"', "gateway.port: int_type"],
  "boolean as text": [
    '"restrictToWorkspace": true',
    '"restrictToWorkspace": "yes"',
    "tools.restrictToWorkspace: bool_type",
  ],
  "id as number": ['"123456789"', "123456789", "channels.telegram.allowFrom.0: string_type"],
  "group policy that kills the channel": ['"mention"', '"allowlist"', "channels.telegram.groupPolicy: literal_error"],
  "unknown channel": ['"telegram"', '"telegramm"', "channels.telegramm: unknown channel"],
  "no channel": ['"enabled": true,', '"enabled": false,', "channels: none is enabled"],
  "channel neither on nor off": ['"enabled": true,', "", "channels.telegram.enabled: not stated as true or false"],
  "channel without a token": ["${TELEGRAM_BOT_TOKEN}", "", "channels.telegram: needs token"],
  "channel whose libraries are missing": [
    '"telegram"',
    '"matrix"',
    "channels.matrix: libraries are missing, nanobot would install them at start",
  ],
  "WebUI left to its default": ['"websocket"', '"signal"', "channels.websocket: not stated, and nanobot turns it on"],
  "model key missing": [
    '"apiKey": "${MODEL_API_KEY}"',
    "",
    "agents.defaults.provider: no client can be built (ValueError)",
  ],
  "provider of another name": [
    '"anthropic": {',
    '"antropic": {',
    "providers.antropic: a provider that nanobot does not know, without apiBase",
  ],
  "reference with a default": [
    "${MODEL_API_KEY}",
    "${MODEL_API_KEY:-x}",
    "providers.anthropic.apiKey: a reference that nanobot does not resolve",
  ],
  "sandbox that does not exist": ['"sandbox": ""', '"sandbox": "bwarp"', "tools.exec.sandbox: unknown backend"],
  "restart mode that does not exist": ['"exit"', '"exits"', "gateway.restartMode: literal_error"],
  "time zone that does not exist": ['"UTC"', '"Europe/Bonn"', "(load): invalid_schema"],
  "no JSON": ["{", "", "(root): not JSON in UTF-8"],
};

/** The same for the channels that the small tenant has not. */
const channelMutants: Readonly<Record<string, readonly [tenant: string, find: string, replace: string, line: string]>> =
  {
    "typo in WhatsApp": ["whatsapp", '"databasePath"', '"databasePth"', "channels.whatsapp.databasePth: unknown key"],
    "setting of WhatsApp's old bridge": [
      "whatsapp",
      '"databasePath"',
      '"bridgeUrl"',
      "channels.whatsapp.bridgeUrl: unknown key",
    ],
    "number of WhatsApp as number": [
      "whatsapp",
      '"491701234567"',
      "491701234567",
      "channels.whatsapp.allowFrom.0: string_type",
    ],
    "group policy that kills WhatsApp": [
      "whatsapp",
      '"mention"',
      '"allowlist"',
      "channels.whatsapp.groupPolicy: literal_error",
    ],
    "typo in Feishu": ["feishu", '"appId"', '"appID"', "channels.feishu.appID: unknown key"],
    "Feishu without its secret": ["feishu", "${FEISHU_APP_SECRET}", "", "channels.feishu: needs appSecret"],
    "Feishu of another domain": ["feishu", '"feishu",', '"larksuite",', "channels.feishu.domain: literal_error"],
    "Feishu whose app is not stated": [
      "feishu",
      '"identityKey": "feishu:cli_a1b2c3d4e5f6a7b8",',
      "",
      "channels.feishu.identityKey: not its app's, nanobot would write into config.json at start",
    ],
    "Lark stated as Feishu": [
      "lark",
      '"lark:cli',
      '"feishu:cli',
      "channels.feishu.identityKey: not its app's, nanobot would write into config.json at start",
    ],
  };

const everyMutant = [
  ...Object.entries(mutants).map(([name, change]) => [name, "telegram", ...change] as const),
  ...Object.entries(channelMutants).map(([name, change]) => [name, ...change] as const),
];

let folder = "";
let lines: readonly string[] = [];
const file = (name: string) => join(folder, `${name.replaceAll(" ", "-")}.json`);
const linesOf = (name: string) =>
  lines.filter((line) => line.startsWith(`${file(name)}: `)).map((line) => line.slice(file(name).length + 2));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "roost-nanobot-"));
  for (const [name, raw] of Object.entries(tenants)) {
    writeFileSync(file(name), rendered(nanobotSchema.parse(raw), name));
  }
  writeFileSync(file("master"), rendered(masterSchema.parse(tenant), "master"));
  writeFileSync(
    file("owner-everywhere"),
    rendered(masterSchema.parse({ ...tenant, discord, whatsapp, feishu }), "master"),
  );
  for (const [name, base, find, replace] of everyMutant) {
    const sound = rendered(nanobotSchema.parse(tenants[base]), base);
    if (!sound.includes(find)) throw new Error(`the mutant "${name}" changes nothing`);
    writeFileSync(
      file(name),
      sound.replace(find, () => replace),
    );
  }
  // One process for all: importing nanobot takes longer than all checks.
  const { output } = await checkNanobotConfig(
    ...[...Object.keys(tenants), "master", "owner-everywhere", ...everyMutant.map(([name]) => name)].map(file),
  );
  lines = output.split("\n");
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([...Object.keys(tenants), "master", "owner-everywhere"])(
  "the real nanobot understands every key of the tenant %s",
  (name) => {
    expect(linesOf(name)).toEqual([]);
  },
);

describe("the check itself", () => {
  test.each(everyMutant.map(([name, , , , line]) => [name, line] as const))("finds: %s", (name, line) => {
    expect(linesOf(name)).toContain(line);
  });

  test("exits 0 and says nothing of a sound file", async () => {
    expect(await checkNanobotConfig(file("telegram"))).toEqual({ status: 0, output: "" });
  });

  test("exits 1 for a broken one", async () => {
    expect((await checkNanobotConfig(file("telegram"), file("nested typo"))).status).toBe(1);
  });

  test("exits 2 for a file that is not there", async () => {
    expect(await checkNanobotConfig(file("absent"))).toEqual({
      status: 2,
      output: `${file("absent")}: cannot be read (No such file or directory)\n`,
    });
  });

  test("shows no value", async () => {
    const secret = "sk-ant-api03-0123456789abcdef";
    const broken = { channels: { telegram: { enabled: true, token: [secret], proxy: secret } }, api: secret };
    writeFileSync(file("secret"), JSON.stringify(broken));
    const { status, output } = await checkNanobotConfig(file("secret"));
    expect([status, output.includes(secret)]).toEqual([1, false]);
  });
});

describe("the providers that roost names", () => {
  test("are nanobot's, under nanobot's own spelling", async () => {
    const known = (await registeredProviders()).map(({ name }) => name);
    const unknown = known.filter((name) => providerKind(name).kind === "unknown");
    expect(unknown).toEqual([]);
    expect(PROVIDER_NAMES.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("are refused where they sign in by OAuth or have no chat model", async () => {
    const unfit = (await registeredProviders()).filter(({ oauth, chat }) => oauth || !chat);
    expect(unfit.map(({ name }) => [name, providerKind(name).kind])).toEqual(
      unfit.map(({ name }) => [name, "refused"]),
    );
  });

  test("need a key where nanobot wants one", async () => {
    const keyed = (await registeredProviders()).filter(({ needsKey, chat }) => needsKey && chat);
    expect(keyed.map(({ name }) => [name, providerKind(name).kind])).toEqual(keyed.map(({ name }) => [name, "hosted"]));
  });

  test("have the host of nanobot's default address", async () => {
    const hosted = (await registeredProviders()).flatMap(({ name, apiBase }) => {
      const kind = providerKind(name);
      return kind.kind === "hosted" && apiBase !== "" ? [[name, new URL(apiBase).hostname, kind.host]] : [];
    });
    expect(hosted.filter(([, theirs, ours]) => theirs !== ours)).toEqual([]);
    expect(hosted.length).toBeGreaterThan(30);
  });
});

test("the real WhatsApp channel knows a person by the digits alone, whatever the address is", async () => {
  const addresses = ["491701234567@s.whatsapp.net", "491701234567:12@s.whatsapp.net", "491701234567@c.us"];
  expect(await whatsappSenders([...addresses, "123456789012345@lid"])).toEqual([
    ["491701234567", ""],
    ["491701234567", ""],
    ["491701234567", ""],
    ["", "123456789012345"],
  ]);
});
