import { Secret } from "../../../agents/secret.ts";
import type { HealthProbe, Workload, WorkloadSecret } from "../../../agents/workload.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;
const MOLTBOT_DATA = "/var/lib/roost/state/moltbot/data";

const secret = (name: string, target: string, uid: 0 | 1000, mode: 0o400 | 0o600 = 0o400): WorkloadSecret => ({
  name,
  value: new Secret(`value of ${name}`),
  target,
  uid,
  mode,
});

const health = (...command: readonly string[]): HealthProbe => ({
  command,
  intervalSeconds: 30,
  timeoutSeconds: 5,
  retries: 3,
  startPeriodSeconds: 60,
});

/** A nanobot workload as the agents' side makes it; `master` is the master. */
export const nanobot = (name: string, changes: Partial<Workload> = {}): Workload => ({
  name,
  kind: "nanobot",
  image: `registry.example/roost/nanobot@${DIGEST}`,
  extraImages: {},
  command: ["gateway", "--config", "/data/config.json"],
  files: { "config.json": "{}\n" },
  environment: { LOGURU_DIAGNOSE: "NO", PIP_NO_INDEX: "1" },
  secrets: [
    secret(`${name}-telegram-token`, "TELEGRAM_BOT_TOKEN", 0),
    secret(`${name}-anthropic-key`, "ANTHROPIC_API_KEY", 0),
  ],
  state: {
    volumeMib: 1024,
    mountPath: "/data",
    paths: ["sessions"],
    exclude: ["run"],
    databases: ["llm_usage.sqlite3"],
    backupEveryMinutes: 5,
  },
  cpus: 1,
  memoryMib: 1024,
  plannedMemoryMib: 150,
  pidsLimit: 256,
  health: health("python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:18790/health')"),
  stopTimeoutSeconds: 30,
  channels: [],
  allowFrom: {},
  pairing: false,
  fresh: undefined,
  egress: [],
  publicHosts: ["api.telegram.org"],
  ...changes,
});

/** The Moltbot gateway as the agents' side makes it. */
export const moltbot = (changes: Partial<Workload> = {}): Workload => ({
  name: "moltbot",
  kind: "moltbot",
  image: `registry.example/roost/moltbot-gateway@${DIGEST}`,
  extraImages: { "moltbot-sandbox": `registry.example/roost/moltbot-sandbox@${DIGEST}` },
  command: [],
  files: { "openclaw.json": "{}\n" },
  environment: { OPENCLAW_CONFIG_READONLY: "1", CONTAINER_HOST: "unix:///run/user/1001/podman/podman.sock" },
  secrets: [
    secret("moltbot-discord-token", "discord-token", 1000),
    secret(
      "moltbot-onepassword-token",
      `${MOLTBOT_DATA}/openclaw/credentials/onepassword/service-account-token`,
      1000,
      0o600,
    ),
  ],
  state: {
    volumeMib: 8192,
    mountPath: MOLTBOT_DATA,
    paths: ["openclaw", "workspace"],
    exclude: ["workspace/projects/**/node_modules"],
    databases: ["openclaw/state/openclaw.sqlite"],
    backupEveryMinutes: 60,
  },
  cpus: 2,
  memoryMib: 2048,
  plannedMemoryMib: 2560,
  pidsLimit: 512,
  health: health("curl", "-fsS", "http://127.0.0.1:18789/healthz"),
  stopTimeoutSeconds: 330,
  channels: [],
  allowFrom: {},
  pairing: false,
  fresh: undefined,
  egress: [],
  publicHosts: ["discord.com"],
  ...changes,
});
