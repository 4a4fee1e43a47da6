import { expect, test } from "vitest";
import { moltbotConfig, moltbotWorkload } from "../../../agents/moltbot.ts";
import { Secret } from "../../../agents/secret.ts";
import {
  args,
  DISCORD_TOKEN,
  IMAGE,
  least,
  MODEL_KEY,
  onDiscord,
  onTelegram,
  SANDBOX_IMAGE,
  TELEGRAM_TOKEN,
  VAULT_TOKEN,
} from "./moltbot-fixtures.ts";

const where = { image: IMAGE, sandboxImage: SANDBOX_IMAGE };
const workload = (raw: object) => moltbotWorkload(args({ ...raw }), where);

test("gives the whole workload of the Discord set-up", () => {
  const { files, ...rest } = workload(onDiscord);
  expect(Object.keys(files)).toEqual(["openclaw.json"]);
  expect(rest).toEqual({
    name: "moltbot",
    kind: "moltbot",
    image: IMAGE,
    extraImages: { "moltbot-sandbox": SANDBOX_IMAGE },
    command: ["openclaw", "gateway"],
    environment: {
      HOME: "/var/lib/roost/state/moltbot/data/home",
      LANG: "C.UTF-8",
      OPENCLAW_STATE_DIR: "/var/lib/roost/state/moltbot/data/openclaw",
      OPENCLAW_CONFIG_PATH: "/etc/openclaw/openclaw.json",
      OPENCLAW_CONFIG_READONLY: "1",
      OPENCLAW_DISABLE_BONJOUR: "1",
      OPENCLAW_NO_AUTO_UPDATE: "1",
      OPENCLAW_NO_RESPAWN: "1",
      DO_NOT_TRACK: "1",
      CONTAINER_HOST: "unix:///run/user/1001/podman/podman.sock",
      NPM_CONFIG_CACHE: "/var/lib/roost/state/moltbot/data/cache/npm",
      XDG_CACHE_HOME: "/var/lib/roost/state/moltbot/data/cache",
    },
    secrets: [
      {
        name: "moltbot-anthropic-api-key",
        value: new Secret(MODEL_KEY),
        target: "anthropic-api-key",
        uid: 1000,
        mode: 0o400,
      },
      {
        name: "moltbot-discord-token",
        value: new Secret(DISCORD_TOKEN),
        target: "discord-token",
        uid: 1000,
        mode: 0o400,
      },
      {
        name: "moltbot-gateway-token",
        value: { info: "gateway-token" },
        target: "gateway-token",
        uid: 1000,
        mode: 0o400,
      },
      {
        name: "moltbot-onepassword-token",
        value: new Secret(VAULT_TOKEN),
        target: "/var/lib/roost/state/moltbot/data/openclaw/credentials/onepassword/service-account-token",
        uid: 1000,
        mode: 0o600,
      },
    ],
    state: {
      volumeMib: 10_240,
      mountPath: "/var/lib/roost/state/moltbot/data",
      paths: ["home", "openclaw/agents", "openclaw/credentials", "openclaw/state", "workspace"],
      exclude: [
        "cache",
        "openclaw/credentials/onepassword",
        "openclaw/logs",
        "openclaw/tmp",
        "workspace/projects/**/node_modules",
        "workspace/projects/**/target",
        "workspace/projects/**/.venv",
        "workspace/projects/**/__pycache__",
        "workspace/projects/**/.cache",
        "workspace/projects/**/.gradle",
        "workspace/projects/**/.next",
      ],
      databases: ["openclaw/agents/main/agent/openclaw-agent.sqlite", "openclaw/state/openclaw.sqlite"],
      backupEveryMinutes: 60,
    },
    cpus: 2,
    memoryMib: 2048,
    plannedMemoryMib: 2560,
    pidsLimit: 512,
    health: {
      command: ["curl", "-fsS", "http://127.0.0.1:18789/healthz"],
      intervalSeconds: 30,
      timeoutSeconds: 10,
      retries: 3,
      startPeriodSeconds: 300,
    },
    stopTimeoutSeconds: 330,
    channels: [{ kind: "discord", token: new Secret(DISCORD_TOKEN), path: "discord.token" }],
    allowFrom: { discord: [] },
    pairing: true,
    fresh: undefined,
    egress: [],
    publicHosts: [
      "*.1password.com",
      "api.anthropic.com",
      "cdn.discordapp.com",
      "clawhub.ai",
      "discord.com",
      "gateway.discord.gg",
    ],
  });
});

test("carries the config as openclaw.json", () => {
  const text = workload(onDiscord).files["openclaw.json"] ?? "";
  expect(JSON.parse(text)).toEqual(moltbotConfig(args(onDiscord), SANDBOX_IMAGE));
});

test("carries each secret's value", () => {
  const values = workload({ ...onDiscord, telegram: least.telegram }).secrets.map(({ name, value }) => [
    name,
    value instanceof Secret ? value.reveal() : value.info,
  ]);
  expect(values).toEqual([
    ["moltbot-anthropic-api-key", MODEL_KEY],
    ["moltbot-discord-token", DISCORD_TOKEN],
    ["moltbot-gateway-token", "gateway-token"],
    ["moltbot-telegram-token", TELEGRAM_TOKEN],
    ["moltbot-onepassword-token", VAULT_TOKEN],
  ]);
});

test("names the account of each channel", () => {
  expect(workload({ ...onDiscord, telegram: least.telegram }).channels).toEqual([
    { kind: "discord", token: new Secret(DISCORD_TOKEN), path: "discord.token" },
    { kind: "telegram", token: new Secret(TELEGRAM_TOKEN), path: "telegram.token" },
  ]);
});

test("opens what the private model needs and lists public hosts only", () => {
  const { egress, publicHosts } = workload(onTelegram);
  expect([egress, publicHosts]).toEqual([["10.20.0.5:8000"], ["api.telegram.org", "clawhub.ai"]]);
});

test("lists the host of an address of one's own instead of the provider's", () => {
  const providers = { anthropic: { apiKey: MODEL_KEY, baseUrl: "https://proxy.example.com/v1" } };
  expect(workload({ ...least, providers }).publicHosts).toEqual([
    "api.telegram.org",
    "clawhub.ai",
    "proxy.example.com",
  ]);
});

test("plans for the memory of gateway and sandbox together", () => {
  const { memoryMib, plannedMemoryMib } = workload({ ...least, memoryMib: 4096, sandbox: { memoryMib: 1024 } });
  expect([memoryMib, plannedMemoryMib]).toEqual([4096, 5120]);
});

test("replaces the default exclusions, never its own", () => {
  const { exclude } = workload({ ...least, backupExclude: ["workspace/projects/**/dist"] }).state;
  expect(exclude).toEqual([
    "cache",
    "openclaw/credentials/onepassword",
    "openclaw/logs",
    "openclaw/tmp",
    "workspace/projects/**/dist",
  ]);
});

test("keeps what was chosen for the container", () => {
  const { cpus, state } = workload({ ...least, cpus: 1, volumeMib: 4096, backupEveryMinutes: 15 });
  expect([cpus, state.volumeMib, state.backupEveryMinutes]).toEqual([1, 4096, 15]);
});
