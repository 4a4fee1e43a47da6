import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moltbotWorkload } from "../../agents/moltbot.ts";
import { moltbotProblems } from "../../agents/moltbot-problems.ts";
import { BUILT_IN_PROVIDERS } from "../../agents/moltbot-providers.ts";
import { moltbotSchema } from "../../agents/moltbot-schema.ts";
import {
  args,
  GUILD,
  IMAGE,
  least,
  MODEL_KEY,
  onDiscord,
  onTelegram,
  SANDBOX_IMAGE,
  USER,
} from "../unit/agents/moltbot-fixtures.ts";
import { checkOpenclawConfig, onBench } from "./openclaw-check.ts";

/** Every key of the schema is set in one of these. */
const gateways: Readonly<Record<string, object>> = {
  discord: onDiscord,
  telegram: onTelegram,
  everything: {
    ...onDiscord,
    discord: {
      ...onDiscord.discord,
      applicationId: "345678901234567890",
      dmPolicy: "allowlist",
      allowFrom: [USER],
      guilds: {
        [GUILD]: {
          requireMention: false,
          users: [USER],
          roles: ["456789012345678901"],
          channels: { "567890123456789012": {}, "678901234567890123": { requireMention: true, users: [USER] } },
        },
      },
    },
    telegram: {
      ...least.telegram,
      dmPolicy: "pairing",
      groups: { "-1001234567890": { requireMention: false, allowFrom: ["987654321"] } },
    },
    ownerAllowFrom: [`discord:${USER}`, "telegram:123456789"],
    fallbacks: ["own/org/model:free"],
    providers: {
      ...Object.fromEntries(BUILT_IN_PROVIDERS.map((name) => [name, { apiKey: MODEL_KEY }])),
      openai: { apiKey: MODEL_KEY, baseUrl: "https://proxy.example.com/v1" },
      own: {
        apiKey: MODEL_KEY,
        baseUrl: "http://[fd00::5]:8000/v1",
        api: "anthropic-messages",
        contextWindow: 32_768,
        maxTokens: 4096,
      },
    },
    onepassword: {
      ...onDiscord.onepassword,
      items: {
        ...onDiscord.onepassword.items,
        "deploy-key": { item: "Deploy key", field: "private key", policy: "approve" },
      },
    },
    sandbox: {
      memoryMib: 1024,
      cpus: 0.5,
      pidsLimit: 64,
      scope: "session",
      network: "none",
      idleHours: 1,
      maxAgeDays: 1,
    },
    egress: ["[fd00::5]:8000"],
  },
};

const rendered = (raw: object): string => {
  const checked = args({ ...raw });
  expect(moltbotProblems(checked)).toEqual([]);
  return moltbotWorkload(checked, { image: IMAGE, sandboxImage: SANDBOX_IMAGE }).files["openclaw.json"] ?? "";
};

let folder = "";
let files = 0;
const write = (text: string): string => {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, text);
  return file;
};
/** The Discord set-up with some of its text replaced. */
const changed = (...replacements: readonly (readonly [find: string, replace: string])[]): string =>
  write(
    replacements.reduce(
      (text, [find, replace]) => {
        if (!text.includes(find)) throw new Error(`${find} is not in the config: the change changes nothing`);
        return text.replace(find, () => replace);
      },
      JSON.stringify(JSON.parse(rendered(onDiscord))),
    ),
  );

/** Approves a stranger's code on Discord, as a person does inside the container. */
const approve = (config: string) =>
  onBench(config, async ({ database, openclaw }) => {
    const state = new DatabaseSync(database);
    const now = new Date().toISOString();
    state
      .prepare("INSERT INTO channel_pairing_requests VALUES ('discord', 'default', ?, 'SAEHGYJX', ?, ?, ?)")
      .run("987654321098765432", now, now, '{"accountId":"default"}');
    const { status, output } = await openclaw("pairing", "approve", "discord", "SAEHGYJX");
    const admitted = state.prepare("SELECT entry FROM channel_pairing_allow_entries").all();
    state.close();
    return { status, output, admitted: admitted.map(({ entry }) => entry) };
  });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "roost-openclaw-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.keys(gateways))("the real OpenClaw finds nothing wrong with the gateway: %s", async (name) => {
  expect(await checkOpenclawConfig(write(rendered(gateways[name] ?? {})))).toEqual({
    status: 0,
    output: expect.stringMatching(/^Secrets audit: clean\. plaintext=0, unresolved=0, /),
  });
});

test("every key of the schema is set in one of the gateways", () => {
  const set = Object.values(gateways).flatMap((raw) => Object.keys(raw));
  const ofNoFile = ["backupEveryMinutes", "backupExclude", "cpus", "fresh", "memoryMib", "volumeMib"];
  expect(
    Object.keys(moltbotSchema.shape)
      .filter((key) => !set.includes(key))
      .toSorted(),
  ).toEqual(ofNoFile);
});

describe("the real OpenClaw refuses", () => {
  test.each([
    ["a typo in a channel", '"groupPolicy"', '"groupPolici"', 'must not have additional properties: "groupPolici"'],
    ["a typo in a sandbox", '"readOnlyRoot"', '"readOnlyRoott"', "agents.defaults.sandbox.docker"],
    ["a typo in the registry", '"field"', '"fields"', 'must not have additional properties: "fields"'],
    ["the host's network for a sandbox", '"moltbot-sandbox"', '"host"', "agents.defaults.sandbox.docker.network"],
    ["an unknown group policy", '"groupPolicy":"allowlist"', '"groupPolicy":"mention"', "channels.discord.groupPolicy"],
    ["an id as a number", `"users":["${USER}"]`, '"users":[1]', "channels.discord.guilds"],
    ["an allowlist of nobody", '"dmPolicy":"pairing"', '"dmPolicy":"allowlist"', "all DMs will be dropped"],
    [
      "a model service without models",
      '"anthropic":{',
      '"own":{"baseUrl":"https://x.example",',
      "models.providers.own.models",
    ],
    [
      "a secret in the config itself",
      `{"source":"file","provider":"gateway-token","id":"value"}`,
      '"0123456789abcdef"',
      "PLAINTEXT_FOUND",
    ],
  ])("%s", async (_what, find, replace, complaint) => {
    expect(await checkOpenclawConfig(changed([find, replace]))).toEqual({
      status: 1,
      output: expect.stringContaining(complaint),
    });
  });

  test("a secret whose file is missing", async () => {
    expect(await checkOpenclawConfig(write(rendered(onDiscord)), ["discord-token"])).toEqual({
      status: 2,
      output: expect.stringContaining("channels.discord.token Failed to resolve file:discord-token:value"),
    });
  });
});

// Red here means that OpenClaw now refuses one of them itself.
test("the real OpenClaw still lets through what only roost's schema refuses", async () => {
  const config = changed(
    ['"allowFrom":[]', '"allowFrom":["alice"]'],
    [`"${GUILD}":{`, '"*":{'],
    ['"backend":"podman"', '"backend":"podmann"'],
    ['"env":{', '"binds":["/run/podman/podman.sock:/run/podman/podman.sock"],"env":{'],
    ['"primary":"anthropic/', '"primary":"nobody/'],
    ['"provider":"gateway-token"', '"provider":"nobody"'],
  );
  expect(await onBench(config, ({ openclaw }) => openclaw("config", "validate"))).toEqual({
    status: 0,
    output: expect.stringMatching(/^Config valid: .*\n$/),
  });
});

describe("a pairing approval with the read-only config", () => {
  test("admits the person", async () => {
    expect(await approve(write(rendered(onDiscord)))).toEqual({
      status: 0,
      output: expect.stringContaining("Approved discord sender 987654321098765432."),
      admitted: ["987654321098765432"],
    });
  });

  test("ends with an error where nobody owns the gateway, which roost's schema refuses", async () => {
    expect(await approve(changed([`"ownerAllowFrom":["discord:${USER}"]`, '"ownerAllowFrom":[]']))).toMatchObject({
      status: 1,
      output: expect.stringContaining("Config is externally managed"),
    });
  });
});
