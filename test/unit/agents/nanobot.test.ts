import { describe, expect, test } from "vitest";
import { nanobotWorkload } from "../../../agents/nanobot.ts";
import { masterSchema, nanobotSchema } from "../../../agents/nanobot-schema.ts";
import { secretPaths } from "../../../agents/secret-paths.ts";
import {
  args,
  DISCORD_TOKEN,
  discord,
  everything,
  FEISHU_APP,
  FEISHU_ENCRYPT_KEY,
  FEISHU_SECRET,
  FEISHU_VERIFICATION_TOKEN,
  feishu,
  MODEL_KEY,
  TELEGRAM_TOKEN,
  tenant,
  whatsapp,
} from "./nanobot-fixtures.ts";

const image = `ghcr.io/owner/nanobot@sha256:${"0".repeat(64)}`;
const workload = (changes: Readonly<Record<string, unknown>> = {}) =>
  nanobotWorkload(args(changes), { name: "frontend", image });

describe("the workload", () => {
  test("of a small tenant needs this", () => {
    const { files: _files, secrets: _secrets, channels: _channels, ...rest } = workload();
    expect(rest).toEqual({
      name: "frontend",
      kind: "nanobot",
      image,
      extraImages: {},
      command: ["gateway", "--config", "/data/config.json"],
      environment: { HOME: "/data", LOGURU_DIAGNOSE: "NO", NANOBOT_TUI_NO_DOWNLOAD: "1", PIP_NO_INDEX: "1" },
      state: {
        volumeMib: 512,
        mountPath: "/data",
        paths: ["auth", "cron", "llm_usage.sqlite3", "media", "pairing.json", "sessions", "webui", "workspace"],
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
        backupEveryMinutes: 5,
      },
      cpus: 1,
      memoryMib: 1024,
      plannedMemoryMib: 150,
      pidsLimit: 256,
      health: {
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
      stopTimeoutSeconds: 60,
      allowFrom: { telegram: ["123456789"] },
      pairing: false,
      fresh: undefined,
      egress: [],
      publicHosts: ["api.anthropic.com", "api.telegram.org"],
    });
  });

  test("carries size, interval and exceptions", () => {
    const { cpus, memoryMib, state, egress } = workload(everything);
    expect([cpus, memoryMib, state.volumeMib, state.backupEveryMinutes, egress]).toEqual([
      2,
      2048,
      4096,
      15,
      ["10.0.0.5:8000", "10.0.0.9:1080"],
    ]);
  });

  test("says whom each of its channels answers", () => {
    expect(Object.keys(workload(everything).allowFrom)).toEqual(["telegram", "discord", "feishu"]);
    expect(workload({ pairing: true, fresh: 3 })).toMatchObject({ pairing: true, fresh: 3 });
  });

  test("hands each secret to the launcher alone, as root's file", () => {
    const shown = workload(everything).secrets.map(({ value, ...rest }) => ({
      ...rest,
      value: "reveal" in value ? value.reveal() : value,
    }));
    expect(shown).toEqual([
      {
        name: "frontend-telegram-token",
        target: "TELEGRAM_BOT_TOKEN",
        uid: 0,
        mode: 0o400,
        value: TELEGRAM_TOKEN,
      },
      { name: "frontend-discord-token", target: "DISCORD_BOT_TOKEN", uid: 0, mode: 0o400, value: DISCORD_TOKEN },
      {
        name: "frontend-feishu-app-secret",
        target: "FEISHU_APP_SECRET",
        uid: 0,
        mode: 0o400,
        value: FEISHU_SECRET,
      },
      {
        name: "frontend-feishu-encrypt-key",
        target: "FEISHU_ENCRYPT_KEY",
        uid: 0,
        mode: 0o400,
        value: FEISHU_ENCRYPT_KEY,
      },
      {
        name: "frontend-feishu-verification-token",
        target: "FEISHU_VERIFICATION_TOKEN",
        uid: 0,
        mode: 0o400,
        value: FEISHU_VERIFICATION_TOKEN,
      },
      { name: "frontend-model-key", target: "MODEL_API_KEY", uid: 0, mode: 0o400, value: MODEL_KEY },
    ]);
  });

  test("names only the secrets that it has", () => {
    const { secrets } = workload({ provider: { name: "ollama", apiBase: "http://10.0.0.5:11434/v1" } });
    expect(secrets.map(({ name }) => name)).toEqual(["frontend-telegram-token"]);
  });

  test("shows no secret when it is printed", () => {
    const printed = JSON.stringify(workload(everything));
    const tokens = [TELEGRAM_TOKEN, DISCORD_TOKEN, FEISHU_SECRET, FEISHU_ENCRYPT_KEY, FEISHU_VERIFICATION_TOKEN];
    for (const secret of [...tokens, MODEL_KEY]) expect(printed).not.toContain(secret);
  });

  test("says which accounts it polls, and none for WhatsApp, whose devices share their messages", () => {
    const accounts = workload({ ...everything, whatsapp }).channels.map((channel) => [
      channel.kind,
      channel.kind === "feishu" ? channel.appId : channel.token.reveal(),
      channel.path,
    ]);
    expect(accounts).toEqual([
      ["telegram", TELEGRAM_TOKEN, "telegram.token"],
      ["discord", DISCORD_TOKEN, "discord.token"],
      ["feishu", FEISHU_APP, "feishu.appId"],
    ]);
    expect(workload().channels.map(({ kind }) => kind)).toEqual(["telegram"]);
  });

  test("keeps the pairing of WhatsApp as state, and copies its database as one", () => {
    const { paths, databases } = workload({ whatsapp }).state;
    expect([paths, databases]).toEqual([
      ["auth", "cron", "llm_usage.sqlite3", "media", "pairing.json", "sessions", "webui", "whatsapp-auth", "workspace"],
      ["llm_usage.sqlite3", "whatsapp-auth/neonize.db"],
    ]);
  });

  test("says the database where config.json has it", () => {
    const { files, state } = workload({ whatsapp });
    expect(files["config.json"]).toContain(`"databasePath": "${state.mountPath}/${state.databases[1]}"`);
  });

  test.each([
    ["Telegram and Discord", { discord }, 150],
    ["WhatsApp", { whatsapp }, 200],
    ["Feishu", { feishu }, 300],
    ["both", { whatsapp, feishu }, 350],
  ])("plans memory for the library of %s", (_, changes, memory) => {
    expect(workload(changes).plannedMemoryMib).toBe(memory);
  });

  test("tells the launcher of shared sessions only where they are asked for", () => {
    expect(workload({ sharedSessions: true }).environment).toEqual({
      ...workload().environment,
      ROOST_SHARED_SESSIONS: "1",
    });
  });

  test.each([
    [
      "a proxy in place of Telegram",
      { telegram: { ...tenant.telegram, proxy: "http://proxy.example.com:3128" } },
      ["api.anthropic.com", "proxy.example.com"],
    ],
    ["nothing that is private", { ...everything, discord: undefined, feishu: undefined }, []],
    [
      "Discord's three",
      { telegram: undefined, discord: { token: DISCORD_TOKEN } },
      ["api.anthropic.com", "cdn.discordapp.com", "discord.com", "gateway.discord.gg"],
    ],
    [
      "WhatsApp's two",
      { telegram: undefined, whatsapp },
      ["api.anthropic.com", "mmg.whatsapp.net", "web.whatsapp.com"],
    ],
    [
      "Feishu's two",
      { telegram: undefined, feishu },
      ["api.anthropic.com", "msg-frontier.feishu.cn", "open.feishu.cn"],
    ],
    [
      "Lark's two",
      { telegram: undefined, feishu: { ...feishu, domain: "lark" } },
      ["api.anthropic.com", "msg-frontier.larksuite.com", "open.larksuite.com"],
    ],
    [
      "a service of its own",
      { provider: { name: "company", apiBase: "https://llm.example.com/v1" } },
      ["api.telegram.org", "llm.example.com"],
    ],
  ])("lists %s among its public hosts", (_, changes, hosts) => {
    expect(workload(changes).publicHosts).toEqual(hosts);
  });

  test("of the master differs in names only", () => {
    const master = nanobotWorkload(masterSchema.parse(tenant), { name: "master", image });
    const renamed = JSON.stringify(master).replaceAll("master", "frontend");
    expect(renamed).toBe(JSON.stringify(workload()));
  });
});

test.each([
  ["tenant", nanobotSchema],
  ["master", masterSchema],
])("every secret of a %s is found by its schema", (_, schema) => {
  expect(secretPaths(schema, everything).map(({ path, value }) => [path.join("."), value])).toEqual([
    ["telegram.token", TELEGRAM_TOKEN],
    ["discord.token", DISCORD_TOKEN],
    ["feishu.appSecret", FEISHU_SECRET],
    ["feishu.encryptKey", FEISHU_ENCRYPT_KEY],
    ["feishu.verificationToken", FEISHU_VERIFICATION_TOKEN],
    ["provider.apiKey", MODEL_KEY],
  ]);
});
