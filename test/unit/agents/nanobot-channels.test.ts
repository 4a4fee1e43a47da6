import { describe, expect, test } from "vitest";
import { nanobotSchema } from "../../../agents/nanobot-schema.ts";
import {
  DISCORD_TOKEN,
  FEISHU_APP,
  FEISHU_SECRET,
  FEISHU_USER,
  discord as leastOfDiscord,
  feishu as leastOfFeishu,
  problemsOf,
  TELEGRAM_TOKEN,
  tenant,
} from "./nanobot-fixtures.ts";

const problems = (changes: Readonly<Record<string, unknown>>) => problemsOf(nanobotSchema, { ...tenant, ...changes });
const telegram = (changes: object) => ({ telegram: { ...tenant.telegram, ...changes } });
const discord = (changes: object) => ({ discord: { ...leastOfDiscord, ...changes } });
const whatsapp = (...allowFrom: unknown[]) => ({ whatsapp: { allowFrom } });
const feishu = (changes: object) => ({ feishu: { ...leastOfFeishu, ...changes } });

describe("ids", () => {
  const user = 'must be a numeric user id in quotes, such as "123456789" (ask @userinfobot), got';
  const rounded =
    "a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string";
  test.each([
    [123_456_789, rounded],
    ["@maria", "what looks like a username, which another person can register later"],
    ["maria_99", "what looks like a username, which another person can register later"],
    ["+491701234567", "a phone number"],
    ["-1001234567890", "the id of a group, and people are allowed, not groups"],
    [TELEGRAM_TOKEN, "what looks like a bot token"],
    ["12 34", "a text of another form"],
    ["0123", "a text of another form"],
    ["", "a text of another form"],
    [null, "nothing"],
    [true, "a boolean"],
    [["1"], "a list"],
  ])("Telegram refuses %j as a person", (id, got) => {
    expect(problems(telegram({ allowFrom: ["1", id] }))).toEqual([`telegram.allowFrom.1 ${user} ${got}`]);
  });

  const discordUser =
    "must be a numeric user id in quotes, 17 to 20 digits (Developer Mode, right-click the person, Copy User ID), got";
  test.each([
    [12_345_678_901_234_567n, rounded],
    ["123456789", "a text of another form"],
    ["maria", "a text of another form"],
    ["maria.b", "what looks like a bot token or a username"],
    [DISCORD_TOKEN, "what looks like a bot token or a username"],
  ])("Discord refuses %s as a person", (id, got) => {
    expect(problems(discord({ allowFrom: [id] }))).toEqual([`discord.allowFrom.0 ${discordUser} ${got}`]);
  });

  const channel =
    "must be a channel's numeric id in quotes, 17 to 20 digits (Developer Mode, right-click the channel, Copy Channel ID), got";
  test.each([
    [5, `${channel} ${rounded}`],
    ["#general", `${channel} a text of another form`],
    ["*", "must be a channel's id, got *: an empty list already means every channel"],
  ])("Discord refuses %j as a channel", (id, message) => {
    expect(problems(discord({ allowChannels: [id] }))).toEqual([`discord.allowChannels.0 ${message}`]);
  });

  const number = 'must be a WhatsApp number in quotes, digits only, country code first, such as "491701234567", got';
  const write = (form: string) => `${number} it in a form that nanobot never matches: write "${form}"`;
  test.each([
    ["+491701234567", write("491701234567")],
    ["+49 170 / 123-45.67", write("491701234567")],
    ["+49 (0)170 1234567", write("491701234567")],
    ["00491701234567", write("491701234567")],
    ["491701234567@s.whatsapp.net", write("491701234567")],
    ["491701234567:12@s.whatsapp.net", write("491701234567")],
    ["491701234567@c.us", write("491701234567")],
    ["123456789012345@lid", write("123456789012345")],
    ["0170 1234567", `${number} a number without its country code`],
    ["120363025246125486@g.us", `${number} the id of a group, and people are allowed, not groups`],
    ["120363025246125486", `${number} the id of a group, and people are allowed, not groups`],
    ["491701234567-1458295038", `${number} the id of a group, and people are allowed, not groups`],
    ["+", `${number} a text of another form`],
    ["123456", `${number} a text of another form`],
    ["Maria", `${number} a text of another form`],
    ["491701234567@example.com", `${number} a text of another form`],
    [491_701_234_567, `${number} ${rounded}`],
  ])("WhatsApp refuses %j as a person", (id, message) => {
    expect(problems(whatsapp("491701234567", id))).toEqual([`whatsapp.allowFrom.1 ${message}`]);
  });

  test.each(["1234567", "491701234567", "123456789012345"])("WhatsApp takes %s", (id) => {
    expect(problems(whatsapp(id))).toEqual([]);
  });

  const openId = 'must be a person\'s open_id in quotes, such as "ou_" and 32 letters and digits, got';
  test.each([
    ["on_7dede290d6a27698b969a7fd70ca53da", "a union_id, which nanobot does not compare"],
    ["oc_26b66a5eb603162b849f91bcd8815b20", "the id of a group, and people are allowed, not groups"],
    [FEISHU_APP, "the id of an app"],
    ["maria@example.com", "an e-mail address"],
    ["gfa21d92", "a text of another form"],
    ["ou_short", "a text of another form"],
    [` ${FEISHU_USER}`, "a text of another form"],
    [12, "a number"],
  ])("Feishu refuses %j as a person", (id, got) => {
    expect(problems(feishu({ allowFrom: [id] }))).toEqual([`feishu.allowFrom.0 ${openId} ${got}`]);
  });

  test.each([
    ["a text", "123456789"],
    ["a number", 123_456_789],
    ["nothing", null],
  ])("refuses %s where a list is meant", (got, value) => {
    expect(problems(telegram({ allowFrom: value }))).toEqual([
      `telegram.allowFrom must be a list of ids in quotes, got ${got}`,
    ]);
  });

  test.each([
    telegram({ allowFrom: ["*"] }),
    discord({ allowFrom: ["*"] }),
    whatsapp("*"),
    feishu({ allowFrom: ["*"] }),
  ])("takes the star, which nanobotProblems judges: %j", (changes) => {
    expect(problems(changes)).toEqual([]);
  });
});

describe("channels", () => {
  const policy = `must be "mention" or "open", got`;
  const hint = "; nanobot starts with any other word and leaves the channel dead";
  test.each<[Readonly<Record<string, unknown>>, string]>([
    [{ telegram: null }, "telegram must be a map with token and allowFrom, got nothing"],
    [{ telegram: TELEGRAM_TOKEN }, "telegram must be a map with token and allowFrom, got a text"],
    [{ discord: [] }, "discord must be a map with token and allowFrom, got a list"],
    [telegram({ groupPolicy: "allowlist" }), `telegram.groupPolicy ${policy} "allowlist"${hint}`],
    [discord({ groupPolicy: "allowlist" }), `discord.groupPolicy ${policy} "allowlist"${hint}`],
    [
      { whatsapp: { allowFrom: ["491701234567"], groupPolicy: "allowlist" } },
      `whatsapp.groupPolicy ${policy} "allowlist"${hint}`,
    ],
    [feishu({ groupPolicy: "allowlist" }), `feishu.groupPolicy ${policy} "allowlist"${hint}`],
    [{ whatsapp: "491701234567" }, "whatsapp must be a map with allowFrom, got a text"],
    [{ feishu: null }, "feishu must be a map with appId, appSecret and allowFrom, got nothing"],
    [feishu({ domain: "larksuite.com" }), 'feishu.domain must be "feishu" or "lark", got a text'],
    [feishu({ appId: undefined }), 'feishu.appId must be the app\'s id, "cli_" and 16 letters and digits, got nothing'],
    [
      feishu({ appId: FEISHU_SECRET }),
      'feishu.appId must be the app\'s id, "cli_" and 16 letters and digits, got a text of another form',
    ],
    [
      feishu({ appId: "op://nanobot/Feishu/id" }),
      'feishu.appId must be the app\'s id, "cli_" and 16 letters and digits, got a reference: it is no secret, so write it down',
    ],
    [
      feishu({ appSecret: undefined }),
      "feishu.appSecret must be a Feishu app secret in quotes (about 32 letters and digits, from the app's Credentials & Basic Info), got something that is no string",
    ],
    [
      feishu({ appSecret: FEISHU_APP }),
      "feishu.appSecret must be a Feishu app secret (about 32 letters and digits, from the app's Credentials & Basic Info), got a text of another form",
    ],
    [
      feishu({ encryptKey: "short" }),
      "feishu.encryptKey must be a Feishu encrypt key (8 to 128 characters without spaces, from the app's Events & Callbacks), got a text of another form",
    ],
    [
      feishu({ verificationToken: "xxx" }),
      "feishu.verificationToken must be a Feishu verification token, got a placeholder that was left in",
    ],
    [
      { whatsapp: { token: "x" } },
      'whatsapp must not have "token" (there is none: the account is paired once by a QR code, see docs/tenants.md)',
    ],
    [
      { whatsapp: { bridge_url: "ws://localhost:3001" } },
      'whatsapp must not have "bridge_url" (nanobot removed its bridge and connects by itself)',
    ],
    [
      { whatsapp: { databasePath: "/x" } },
      'whatsapp must not have "databasePath" (the pairing always lies in the state volume)',
    ],
    [feishu({ token: "x" }), 'feishu must not have "token" (write appId and appSecret)'],
    [feishu({ app_secret: "x" }), 'feishu must not have "app_secret" (did you mean "appSecret"?)'],
    [
      feishu({ instances: [] }),
      'feishu must not have "instances" (one app for each tenant; make another tenant for another app)',
    ],
    [telegram({ groupPolicy: true }), `telegram.groupPolicy ${policy} a boolean${hint}`],
    [
      telegram({ proxy: "socks5://me:secret@10.0.0.9:1080" }),
      'telegram.proxy must be a proxy without credentials, such as "socks5://10.20.0.5:1080", got another text',
    ],
    [
      telegram({ proxy: "http://10.0.0.9:99999" }),
      'telegram.proxy must be a proxy without credentials, such as "socks5://10.20.0.5:1080", got another text',
    ],
    [
      telegram({ proxy: 1080 }),
      'telegram.proxy must be a proxy without credentials, such as "socks5://10.20.0.5:1080", got a number',
    ],
    [
      telegram({ enabled: true }),
      'telegram must not have "enabled" (a channel that is written down is on; take the channel away to turn it off)',
    ],
    [telegram({ bot_token: "x" }), 'telegram must not have "bot_token" (write token)'],
    [telegram({ allow_from: [] }), 'telegram must not have "allow_from" (did you mean "allowFrom"?)'],
    [
      discord({ intents: 1 }),
      'discord must not have "intents" (the keys are token, allowFrom, allowChannels, groupPolicy)',
    ],
    [
      telegram({ token: "YOUR_BOT_TOKEN" }),
      "telegram.token must be a Telegram bot token, got a placeholder that was left in",
    ],
    [
      telegram({ token: DISCORD_TOKEN }),
      "telegram.token must be a Telegram bot token (digits, a colon, about 35 letters, from @BotFather), got a text of another form",
    ],
  ])("refuses %#", (changes, problem) => {
    expect(problems(changes)).toEqual([problem]);
  });
});

// Wherever a person may paste it by mistake.
test.each([
  ["feishu.appId", (secret: string) => feishu({ appId: secret })],
  ["feishu.domain", (secret: string) => feishu({ domain: secret })],
  ["feishu.groupPolicy", (secret: string) => feishu({ groupPolicy: secret })],
  ["feishu.allowFrom", (secret: string) => feishu({ allowFrom: [secret] })],
  ["feishu.encryptKey", (secret: string) => feishu({ encryptKey: `${secret} ` })],
  ["feishu", (secret: string) => ({ feishu: secret })],
  ["whatsapp.allowFrom", (secret: string) => whatsapp(secret)],
  ["a key's name", (secret: string) => feishu({ [secret]: true })],
])("never shows an app's secret that was pasted into %s", (_, changes) => {
  const found = problems(changes(FEISHU_SECRET));
  expect([found.length, found.join("\n").includes(FEISHU_SECRET)]).toEqual([1, false]);
});
