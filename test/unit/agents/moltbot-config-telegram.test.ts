import { expect, test } from "vitest";
import { moltbotConfig } from "../../../agents/moltbot.ts";
import { args, onTelegram, SANDBOX_IMAGE } from "./moltbot-fixtures.ts";

test("writes the Telegram set-up", () => {
  expect(moltbotConfig(args(onTelegram), SANDBOX_IMAGE)).toMatchInlineSnapshot(`
    {
      "agents": {
        "defaults": {
          "heartbeat": {
            "every": "0m",
          },
          "model": {
            "fallbacks": [],
            "primary": "local/qwen3:32b",
          },
          "sandbox": {
            "backend": "podman",
            "docker": {
              "capDrop": [
                "ALL",
              ],
              "cpus": 1,
              "env": {
                "LANG": "C.UTF-8",
              },
              "image": "ghcr.io/owner/moltbot-sandbox@sha256:2222222222222222222222222222222222222222222222222222222222222222",
              "memory": "512m",
              "memorySwap": "512m",
              "network": "none",
              "pidsLimit": 256,
              "readOnlyRoot": true,
              "tmpfs": [
                "/tmp",
                "/var/tmp",
              ],
              "user": "1000:1000",
            },
            "mode": "all",
            "prune": {
              "idleHours": 24,
              "maxAgeDays": 7,
            },
            "scope": "agent",
            "workspaceAccess": "rw",
          },
          "workspace": "/var/lib/roost/state/moltbot/data/workspace",
        },
      },
      "channels": {
        "telegram": {
          "allowFrom": [
            "123456789",
          ],
          "botToken": {
            "id": "value",
            "provider": "telegram-token",
            "source": "file",
          },
          "configWrites": false,
          "dmPolicy": "allowlist",
          "enabled": true,
          "groupPolicy": "allowlist",
          "groups": {
            "-1001234567890": {
              "requireMention": true,
            },
          },
        },
      },
      "commands": {
        "bash": false,
        "config": false,
        "debug": false,
        "mcp": false,
        "ownerAllowFrom": [],
        "plugins": false,
      },
      "discovery": {
        "mdns": {
          "mode": "off",
        },
      },
      "gateway": {
        "auth": {
          "allowTailscale": false,
          "mode": "token",
          "rateLimit": {
            "lockoutMs": 300000,
            "maxAttempts": 10,
            "windowMs": 60000,
          },
          "token": {
            "id": "value",
            "provider": "gateway-token",
            "source": "file",
          },
        },
        "bind": "loopback",
        "controlUi": {
          "enabled": false,
        },
        "mode": "local",
        "nodes": {
          "pairing": {
            "autoApproveLocal": false,
            "sshVerify": false,
          },
        },
        "port": 18789,
        "tailscale": {
          "mode": "off",
        },
        "terminal": {
          "enabled": false,
        },
      },
      "models": {
        "catalogRefresh": {
          "enabled": false,
        },
        "providers": {
          "local": {
            "agentRuntime": {
              "id": "openclaw",
            },
            "api": "openai-completions",
            "apiKey": {
              "id": "value",
              "provider": "local-api-key",
              "source": "file",
            },
            "baseUrl": "http://10.20.0.5:8000/v1",
            "models": [
              {
                "contextWindow": 32768,
                "id": "qwen3:32b",
                "name": "qwen3:32b",
              },
            ],
          },
        },
      },
      "plugins": {
        "allow": [
          "memory-core",
          "telegram",
        ],
        "entries": {
          "memory-core": {
            "config": {
              "dreaming": {
                "enabled": false,
              },
            },
            "enabled": true,
          },
        },
      },
      "secrets": {
        "providers": {
          "gateway-token": {
            "mode": "singleValue",
            "path": "/run/secrets/gateway-token",
            "source": "file",
          },
          "local-api-key": {
            "mode": "singleValue",
            "path": "/run/secrets/local-api-key",
            "source": "file",
          },
          "telegram-token": {
            "mode": "singleValue",
            "path": "/run/secrets/telegram-token",
            "source": "file",
          },
        },
      },
      "session": {
        "dmScope": "per-channel-peer",
      },
      "skills": {
        "entries": {
          "1password": {
            "enabled": false,
          },
        },
      },
      "telemetry": {
        "enabled": false,
      },
      "tools": {
        "elevated": {
          "enabled": false,
        },
        "exec": {
          "host": "sandbox",
        },
        "fs": {
          "workspaceOnly": true,
        },
      },
      "update": {
        "auto": {
          "enabled": false,
        },
        "checkOnStart": false,
      },
    }
  `);
});
