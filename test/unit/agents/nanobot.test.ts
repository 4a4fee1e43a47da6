import { describe, expect, test } from "vitest";
import { nanobotConfig, nanobotWorkload } from "../../../agents/nanobot.ts";
import { masterSchema, nanobotSchema } from "../../../agents/nanobot-schema.ts";
import { secretPaths } from "../../../agents/secret-paths.ts";
import { args, DISCORD_TOKEN, MODEL_KEY, TELEGRAM_TOKEN, tenant } from "./nanobot-fixtures.ts";

const image = `ghcr.io/owner/nanobot@sha256:${"0".repeat(64)}`;
const workload = (changes: Readonly<Record<string, unknown>> = {}) =>
  nanobotWorkload(args(changes), { name: "frontend", image });

const everything = {
  telegram: {
    token: TELEGRAM_TOKEN,
    allowFrom: ["123456789", "987654321"],
    groupPolicy: "open",
    proxy: "socks5://10.0.0.9:1080",
  },
  discord: {
    token: DISCORD_TOKEN,
    allowFrom: ["12345678901234567"],
    allowChannels: ["76543210987654321"],
    groupPolicy: "open",
  },
  provider: { name: "vllm", apiKey: MODEL_KEY, apiBase: "http://10.0.0.5:8000/v1" },
  model: "qwen3",
  temperature: 0.7,
  maxTokens: 4096,
  contextWindowTokens: 32_768,
  maxToolIterations: 20,
  timezone: "Europe/Berlin",
  exec: { enable: true, timeoutSeconds: 120 },
  heartbeat: true,
  dream: true,
  sharedSessions: true,
  cpus: 2,
  memoryMib: 2048,
  volumeMib: 4096,
  backupEveryMinutes: 15,
  egress: ["10.0.0.5:8000", "10.0.0.9:1080"],
};

describe("config.json", () => {
  test("of a small tenant is this text, hardening included", () => {
    expect(workload().files).toEqual({
      "config.json": `{
  "agents": {
    "defaults": {
      "workspace": "/data/workspace",
      "provider": "anthropic",
      "model": "claude-opus-4-5",
      "temperature": 0.1,
      "maxTokens": 8192,
      "contextWindowTokens": 200000,
      "maxToolIterations": 50,
      "maxConcurrentSubagents": 1,
      "timezone": "UTC",
      "timezoneMode": "manual",
      "unifiedSession": false,
      "disabledSkills": [
        "clawhub",
        "github",
        "image-generation",
        "my",
        "skill-creator",
        "summarize",
        "tmux",
        "update-setup",
        "weather"
      ],
      "dream": {
        "enabled": false
      }
    }
  },
  "providers": {
    "anthropic": {
      "apiKey": "\${MODEL_API_KEY}"
    }
  },
  "transcription": {
    "enabled": false
  },
  "channels": {
    "sendProgress": false,
    "sendToolHints": false,
    "showReasoning": false,
    "websocket": {
      "enabled": false
    },
    "telegram": {
      "enabled": true,
      "token": "\${TELEGRAM_BOT_TOKEN}",
      "allowFrom": [
        "123456789"
      ],
      "groupPolicy": "mention",
      "mode": "polling"
    }
  },
  "gateway": {
    "host": "127.0.0.1",
    "port": 18790,
    "restartMode": "exit",
    "heartbeat": {
      "enabled": false
    }
  },
  "tools": {
    "restrictToWorkspace": true,
    "maxSessionMessagesPerMinute": 1,
    "exec": {
      "enable": false,
      "timeout": 60,
      "sandbox": "",
      "allowedEnvKeys": []
    },
    "cliApps": {
      "enable": false
    },
    "imageGeneration": {
      "enabled": false
    },
    "my": {
      "enable": false,
      "allowSet": false
    },
    "file": {
      "enable": true
    },
    "web": {
      "enable": true,
      "fetch": {
        "useJinaReader": false
      }
    },
    "webuiAllowLocalServiceAccess": false,
    "webuiAllowRemotePackageInstall": false,
    "ssrfWhitelist": [],
    "mcpServers": {}
  }
}
`,
    });
  });

  test("carries every choice to nanobot's own key", () => {
    expect(nanobotConfig(args(everything))).toMatchObject({
      agents: {
        defaults: {
          provider: "vllm",
          model: "qwen3",
          temperature: 0.7,
          maxTokens: 4096,
          contextWindowTokens: 32_768,
          maxToolIterations: 20,
          timezone: "Europe/Berlin",
          dream: { enabled: true },
        },
      },
      providers: { vllm: { apiKey: "${MODEL_API_KEY}", apiBase: "http://10.0.0.5:8000/v1" } },
      channels: {
        telegram: {
          enabled: true,
          token: "${TELEGRAM_BOT_TOKEN}",
          allowFrom: ["123456789", "987654321"],
          groupPolicy: "open",
          mode: "polling",
          proxy: "socks5://10.0.0.9:1080",
        },
        discord: {
          enabled: true,
          token: "${DISCORD_BOT_TOKEN}",
          allowFrom: ["12345678901234567"],
          allowChannels: ["76543210987654321"],
          groupPolicy: "open",
        },
      },
      gateway: { heartbeat: { enabled: true } },
      tools: { exec: { enable: true, timeout: 120 } },
    });
  });

  test("names Discord only where Telegram is not given", () => {
    const { channels } = nanobotConfig(
      args({ telegram: undefined, discord: { token: DISCORD_TOKEN, allowFrom: ["12345678901234567"] } }),
    );
    expect(Object.keys(channels as object)).toEqual([
      "sendProgress",
      "sendToolHints",
      "showReasoning",
      "websocket",
      "discord",
    ]);
  });

  test("gives a provider without a key none", () => {
    expect(nanobotConfig(args({ provider: { name: "ollama", apiBase: "http://10.0.0.5:11434/v1" } }))).toMatchObject({
      providers: { ollama: { apiBase: "http://10.0.0.5:11434/v1" } },
    });
    expect(JSON.stringify(nanobotConfig(args({ provider: { name: "ollama" } })))).not.toContain("apiKey");
  });

  test.each([
    ["a small tenant", {}],
    ["a tenant with everything", everything],
  ])("of %s holds no secret, and a reference for each that the launcher gives", (_, changes) => {
    const { files, secrets } = workload(changes);
    const text = files["config.json"] ?? "";
    for (const secret of [TELEGRAM_TOKEN, DISCORD_TOKEN, MODEL_KEY]) expect(text).not.toContain(secret);
    const references = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, variable]) => variable);
    expect(new Set(references)).toEqual(new Set(secrets.map(({ target }) => target)));
  });

  test("does not depend on the order in which config was written", () => {
    const reversed = Object.fromEntries(Object.entries({ ...tenant, ...everything }).toReversed());
    expect(nanobotWorkload(nanobotSchema.parse(reversed), { name: "frontend", image }).files).toEqual(
      workload(everything).files,
    );
  });
});

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
      { name: "frontend-model-key", target: "MODEL_API_KEY", uid: 0, mode: 0o400, value: MODEL_KEY },
    ]);
  });

  test("names only the secrets that it has", () => {
    const { secrets } = workload({ provider: { name: "ollama", apiBase: "http://10.0.0.5:11434/v1" } });
    expect(secrets.map(({ name }) => name)).toEqual(["frontend-telegram-token"]);
  });

  test("shows no secret when it is printed", () => {
    const printed = JSON.stringify(workload(everything));
    for (const secret of [TELEGRAM_TOKEN, DISCORD_TOKEN, MODEL_KEY]) expect(printed).not.toContain(secret);
  });

  test("says which bot accounts it polls", () => {
    expect(workload(everything).channels.map(({ kind, token, path }) => [kind, token.reveal(), path])).toEqual([
      ["telegram", TELEGRAM_TOKEN, "telegram.token"],
      ["discord", DISCORD_TOKEN, "discord.token"],
    ]);
    expect(workload().channels.map(({ kind }) => kind)).toEqual(["telegram"]);
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
    ["nothing that is private", { ...everything, discord: undefined }, []],
    [
      "Discord's three",
      { telegram: undefined, discord: { token: DISCORD_TOKEN } },
      ["api.anthropic.com", "cdn.discordapp.com", "discord.com", "gateway.discord.gg"],
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
    ["provider.apiKey", MODEL_KEY],
  ]);
});
