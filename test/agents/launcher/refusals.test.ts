import { expect, test } from "vitest";
import { type Launch, launch } from "./launch.ts";

const TOKEN = "1018215794:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc";
const KEY = "sk-or-v1-2f7c1d0f6c6e4b7a9d3e8f5a1b2c3d4e";
const secrets = { MODEL_API_KEY: { value: KEY }, TELEGRAM_BOT_TOKEN: { value: TOKEN } };

/** The least that nanobot takes, with changes to its top level. */
function config(changes: object = {}): string {
  return JSON.stringify({
    agents: { defaults: { workspace: "/data/workspace", provider: "openrouter", model: "some/model" } },
    providers: { openrouter: { apiKey: "${MODEL_API_KEY}" } },
    channels: { websocket: { enabled: false }, telegram: { enabled: true, token: "${TELEGRAM_BOT_TOKEN}" } },
    gateway: { host: "127.0.0.1", port: 18790, restartMode: "exit" },
    ...changes,
  });
}

interface Case extends Launch {
  readonly name: string;
  readonly status: number;
  readonly line: string;
}

const PACKAGES = "/opt/nanobot/lib/python3.13/site-packages";
const MODULES = `${PACKAGES}/nanobot/agent/tools`;

/** Opens the process again before each of its forks, the launcher's last check among them. */
const OPENED = `
import ctypes, os
fork = os.fork
def opened():
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    return fork()
os.fork = opened
`;

const cases: readonly Case[] = [
  {
    name: "no config in the arguments",
    args: ["gateway"],
    status: 64,
    line: "usage: launcher.py gateway --config FILE [ARGUMENT...]",
  },
  {
    name: "another command of nanobot",
    args: ["agent", "--config", "/data/config.json"],
    status: 64,
    line: "usage: launcher.py gateway --config FILE [ARGUMENT...]",
  },
  {
    name: "a start as the agent itself",
    user: 1000,
    status: 77,
    line: "must start as root of the container, got uid 1000",
  },
  {
    name: "a container without SETUID",
    capabilities: ["setgid"],
    status: 77,
    line: "cannot become uid 1000: add the capabilities SETUID and SETGID",
  },
  {
    name: "a container without SETGID",
    capabilities: ["setuid"],
    status: 77,
    line: "cannot become uid 1000: add the capabilities SETUID and SETGID",
  },
  {
    name: "a missing config.json",
    args: ["gateway", "--config", "/data/nowhere.json"],
    status: 78,
    line: "/data/nowhere.json: cannot be read as UTF-8 text (FileNotFoundError)",
  },
  {
    name: "a config.json that is not UTF-8",
    config: new Uint8Array([0xff, 0xfe, 0x7b]),
    status: 78,
    line: "/data/config.json: cannot be read as UTF-8 text (UnicodeDecodeError)",
  },
  {
    name: "a config.json that is not JSON",
    config: "{",
    status: 78,
    line: "/data/config.json: nanobot refuses it: JSON syntax error at line 1, column 2: Expecting property name enclosed in double quotes.",
  },
  {
    name: "keys that nanobot refuses, all of them, without their values",
    config: config({ secretKey: KEY, gateway: { port: KEY, restartMode: "exit" } }),
    status: 78,
    line: "/data/config.json: nanobot refuses it: gateway.port: Must be a valid integer, unable to parse string as an integer. secretKey: Unknown setting.",
  },
  {
    name: "a restart that would undo the protection",
    config: config({ gateway: { restartMode: "auto" } }),
    status: 78,
    line: '/data/config.json: gateway.restartMode must be "exit", got "auto"',
  },
  {
    name: "secrets that config.json refers to and nobody mounted, all of them",
    secrets: {},
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: is missing, and config.json refers to it: mount the secret with this target; /run/secrets/TELEGRAM_BOT_TOKEN: is missing, and config.json refers to it: mount the secret with this target",
  },
  {
    name: "an empty token",
    secrets: { ...secrets, TELEGRAM_BOT_TOKEN: { value: "\n" } },
    status: 78,
    line: "/run/secrets/TELEGRAM_BOT_TOKEN: is empty: store the secret again",
  },
  {
    name: "a secret that everybody can read",
    secrets: { ...secrets, TELEGRAM_BOT_TOKEN: { value: TOKEN, mode: 0o444 } },
    status: 78,
    line: "/run/secrets/TELEGRAM_BOT_TOKEN: must be readable by root alone, has uid 0 and mode 0444: mount it with uid=0,mode=0400",
  },
  {
    name: "a secret that belongs to the agent",
    secrets: { ...secrets, MODEL_API_KEY: { value: KEY, uid: 1000 } },
    capabilities: ["setuid", "setgid", "dac_override"],
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: must be readable by root alone, has uid 1000 and mode 0400: mount it with uid=0,mode=0400",
  },
  {
    name: "a secret that belongs to the agent, with the container's own rights",
    secrets: { ...secrets, MODEL_API_KEY: { value: KEY, uid: 1000 } },
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: cannot be read (Permission denied)",
  },
  {
    name: "a secret of two lines",
    secrets: { ...secrets, MODEL_API_KEY: { value: `${KEY}\n${KEY}` } },
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: must be one line of printable text",
  },
  {
    name: "a secret that is no text",
    secrets: { ...secrets, MODEL_API_KEY: { value: new Uint8Array([0xff]) } },
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: must be text in UTF-8",
  },
  {
    name: "a secret that is a plain variable too",
    environment: { MODEL_API_KEY: "something" },
    status: 78,
    line: "/run/secrets/MODEL_API_KEY: is also set as a plain variable: remove one of the two",
  },
  {
    name: "a nanobot without the tools that have to go",
    files: { [`${MODULES}/sessions/__init__.py`]: "class SearchSessionsTool: pass\n" },
    status: 70,
    line: `this nanobot is not the one the launcher was made for (cannot import name 'ReadSessionTool' from 'nanobot.agent.tools.sessions' (${MODULES}/sessions/__init__.py))`,
  },
  {
    name: "a process whose memory its children can read",
    // Debian has a sitecustomize of its own, which would come first.
    files: { [`${PACKAGES}/opened.pth`]: "import opened\n", [`${PACKAGES}/opened.py`]: OPENED },
    status: 77,
    line: "a child of the agent can read its environment or memory: this kernel gives no isolation",
  },
];

test.each(cases)("refuses $name in one line, and starts nothing", ({ status, line, ...how }) => {
  const ended = launch({ config: config(), secrets, ...how });
  expect(ended).toEqual({ status, stdout: "", stderr: `launcher: ${line}\n`, data: ["config.json"] });
});
