import { expect, test } from "vitest";
import { moltbotConfig } from "../../../agents/moltbot.ts";
import { args, onDiscord, SANDBOX_IMAGE } from "./moltbot-fixtures.ts";

test("writes the Discord set-up", () => {
  expect(moltbotConfig(args(onDiscord), SANDBOX_IMAGE)).toMatchInlineSnapshot(`
    {
      "agents": {
        "defaults": {
          "heartbeat": {
            "every": "0m",
          },
          "model": {
            "fallbacks": [],
            "primary": "anthropic/claude-opus-5",
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
              "network": "moltbot-sandbox",
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
        "discord": {
          "allowFrom": [],
          "configWrites": false,
          "dmPolicy": "pairing",
          "enabled": true,
          "groupPolicy": "allowlist",
          "guilds": {
            "234567890123456789": {
              "requireMention": true,
              "users": [
                "123456789012345678",
              ],
            },
          },
          "token": {
            "id": "value",
            "provider": "discord-token",
            "source": "file",
          },
        },
      },
      "commands": {
        "bash": false,
        "config": false,
        "debug": false,
        "mcp": false,
        "ownerAllowFrom": [
          "discord:123456789012345678",
        ],
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
          "anthropic": {
            "agentRuntime": {
              "id": "openclaw",
            },
            "apiKey": {
              "id": "value",
              "provider": "anthropic-api-key",
              "source": "file",
            },
          },
        },
      },
      "plugins": {
        "allow": [
          "anthropic",
          "discord",
          "memory-core",
          "onepassword",
        ],
        "entries": {
          "discord": {
            "enabled": true,
          },
          "memory-core": {
            "config": {
              "dreaming": {
                "enabled": false,
              },
            },
            "enabled": true,
          },
          "onepassword": {
            "config": {
              "defaultPolicy": "deny",
              "items": {
                "github-token": {
                  "description": "GitHub pull requests",
                  "field": "credential",
                  "item": "GitHub Token - Moltbot",
                  "policy": "auto",
                },
              },
              "vault": "moltbot",
            },
            "enabled": true,
          },
        },
      },
      "secrets": {
        "providers": {
          "anthropic-api-key": {
            "mode": "singleValue",
            "path": "/run/secrets/anthropic-api-key",
            "source": "file",
          },
          "discord-token": {
            "mode": "singleValue",
            "path": "/run/secrets/discord-token",
            "source": "file",
          },
          "gateway-token": {
            "mode": "singleValue",
            "path": "/run/secrets/gateway-token",
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
        "sandbox": {
          "tools": {
            "alsoAllow": [
              "onepassword",
            ],
          },
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
