import { describe, expect, test } from "vitest";
import { nanobotWorkload } from "../../../agents/nanobot.ts";
import { nanobotConfig } from "../../../agents/nanobot-config.ts";
import { nanobotSchema } from "../../../agents/nanobot-schema.ts";
import {
  args,
  DISCORD_TOKEN,
  discord,
  everything,
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
const SECRETS = [
  TELEGRAM_TOKEN,
  DISCORD_TOKEN,
  FEISHU_SECRET,
  FEISHU_ENCRYPT_KEY,
  FEISHU_VERIFICATION_TOKEN,
  MODEL_KEY,
];

/** What config.json says of channels, less what it says of all of them. */
const channelsOf = (changes: Readonly<Record<string, unknown>>) => {
  const {
    sendProgress: _progress,
    sendToolHints: _hints,
    showReasoning: _reasoning,
    websocket: _websocket,
    ...channels
  } = nanobotConfig(args({ telegram: undefined, ...changes }))["channels"] as Record<string, unknown>; // it is one
  return channels;
};

describe("nanobot's config.json", () => {
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
        feishu: {
          enabled: true,
          appId: "cli_a1b2c3d4e5f6a7b8",
          appSecret: "${FEISHU_APP_SECRET}",
          domain: "lark",
          identityKey: "lark:cli_a1b2c3d4e5f6a7b8",
          encryptKey: "${FEISHU_ENCRYPT_KEY}",
          verificationToken: "${FEISHU_VERIFICATION_TOKEN}",
          allowFrom: ["ou_7dede290d6a27698b969a7fd70ca53da"],
          groupPolicy: "open",
        },
      },
      gateway: { heartbeat: { enabled: true } },
      tools: { exec: { enable: true, timeout: 120 } },
    });
  });

  test.each<[string, Readonly<Record<string, unknown>>, object]>([
    [
      "Discord",
      { discord },
      {
        discord: {
          enabled: true,
          token: "${DISCORD_BOT_TOKEN}",
          allowFrom: ["12345678901234567"],
          allowChannels: [],
          groupPolicy: "mention",
        },
      },
    ],
    [
      "WhatsApp, whose pairing lies in the state volume",
      { whatsapp },
      {
        whatsapp: {
          enabled: true,
          allowFrom: ["491701234567"],
          groupPolicy: "mention",
          databasePath: "/data/whatsapp-auth/neonize.db",
        },
      },
    ],
    [
      "Feishu, whose app nanobot need not write down itself",
      { feishu },
      {
        feishu: {
          enabled: true,
          appId: "cli_a1b2c3d4e5f6a7b8",
          appSecret: "${FEISHU_APP_SECRET}",
          domain: "feishu",
          identityKey: "feishu:cli_a1b2c3d4e5f6a7b8",
          allowFrom: ["ou_7dede290d6a27698b969a7fd70ca53da"],
          groupPolicy: "mention",
        },
      },
    ],
  ])("names no other channel than %s", (_, changes, channels) => {
    expect(channelsOf(changes)).toEqual(channels);
  });

  test("lets WhatsApp answer every message of a group only where it is asked for", () => {
    expect(channelsOf({ whatsapp: { ...whatsapp, groupPolicy: "open" } })).toMatchObject({
      whatsapp: { groupPolicy: "open" },
    });
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
    for (const secret of SECRETS) expect(text).not.toContain(secret);
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
