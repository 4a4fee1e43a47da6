import type { z } from "zod";
import { choice, digits, list, text } from "./fields.ts";
import { strictMap } from "./keys.ts";
import { url } from "./nanobot-fields.ts";
import {
  discordToken,
  feishuAppSecret,
  feishuEncryptKey,
  feishuVerificationToken,
  telegramToken,
} from "./secret-leaf.ts";

/** The channels that roost configures, by nanobot's own names; each is a key of an agent. */
export const CHANNELS = ["telegram", "discord", "whatsapp", "feishu"] as const;

const ON = "a channel that is written down is on; take the channel away to turn it off";

const GONE_FROM_BOT: Readonly<Record<string, string>> = {
  enabled: ON,
  botToken: "write token",
  mode: "roost always polls, nothing listens on the host",
  webhookUrl: "roost always polls, nothing listens on the host",
  apiBase: "nanobot ignores it; proxy is what it reads",
};

const PAIRED = "there is none: the account is paired once by a QR code, see docs/tenants.md";

const GONE_FROM_WHATSAPP: Readonly<Record<string, string>> = {
  enabled: ON,
  token: PAIRED,
  phoneNumber: PAIRED,
  bridgeUrl: "nanobot removed its bridge and connects by itself",
  bridgeToken: "nanobot removed its bridge and connects by itself",
  databasePath: "the pairing always lies in the state volume",
};

const GONE_FROM_FEISHU: Readonly<Record<string, string>> = {
  enabled: ON,
  token: "write appId and appSecret",
  identityKey: "roost derives it from domain and appId",
  instances: "one app for each tenant; make another tenant for another app",
};

const PEOPLE = "and people are allowed, not groups";

const telegramUser = digits(
  'a numeric user id in quotes, such as "123456789" (ask @userinfobot)',
  /^(\*|[1-9]\d{0,15})$/,
  (value) => {
    if (/^\d+:/.test(value)) return "what looks like a bot token";
    if (value.startsWith("+")) return "a phone number";
    if (/^-\d+$/.test(value)) return `the id of a group, ${PEOPLE}`;
    if (/^@?[A-Za-z]\w*$/.test(value)) return "what looks like a username, which another person can register later";
    return "a text of another form";
  },
);

const DISCORD_ID = /^(\*|[1-9]\d{16,19})$/;
const discordUser = digits(
  "a numeric user id in quotes, 17 to 20 digits (Developer Mode, right-click the person, Copy User ID)",
  DISCORD_ID,
  (value) => (value.includes(".") ? "what looks like a bot token or a username" : "a text of another form"),
);
const discordChannel = digits(
  "a channel's numeric id in quotes, 17 to 20 digits (Developer Mode, right-click the channel, Copy Channel ID)",
  DISCORD_ID,
  () => "a text of another form",
).refine((value) => value !== "*", "must be a channel's id, got *: an empty list already means every channel");

/** E.164 ends at 15 digits; ids of groups are longer, and nanobot would let in all members of a listed one. */
const WHATSAPP_NUMBER = /^[1-9]\d{6,14}$/;
const whatsappUser = digits(
  'a WhatsApp number in quotes, digits only, country code first, such as "491701234567"',
  new RegExp(`^\\*$|${WHATSAPP_NUMBER.source}`),
  (value) => {
    if (/@g\.us$|^\d{16,}$|^\d{7,15}-\d{7,}$/.test(value)) return `the id of a group, ${PEOPLE}`;
    const bare = bareNumber(value);
    if (bare !== undefined) return `it in a form that nanobot never matches: write "${bare}"`;
    return /^0[\d ()/.-]+$/.test(value) ? "a number without its country code" : "a text of another form";
  },
);

const FEISHU_USER = 'a person\'s open_id in quotes, such as "ou_" and 32 letters and digits';
const feishuUser = text(FEISHU_USER, (value) => {
  if (value === "*" || /^ou_[A-Za-z0-9]{20,64}$/.test(value)) return undefined;
  return `must be ${FEISHU_USER}, got ${feishuMistake(value)}`;
});

const FEISHU_APP = 'the app\'s id, "cli_" and 16 letters and digits';
const feishuApp = text(FEISHU_APP, (value) => {
  if (/^cli_[a-z0-9]{10,40}$/.test(value)) return undefined;
  const got = value.startsWith("op://") ? "a reference: it is no secret, so write it down" : "a text of another form";
  return `must be ${FEISHU_APP}, got ${got}`;
});

const groupPolicy = choice(["mention", "open"], "; nanobot starts with any other word and leaves the channel dead")
  .default("mention")
  .describe("In groups: answer when mentioned, or every message of an allowed person");

const proxy = url(
  'a proxy without credentials, such as "socks5://10.20.0.5:1080"',
  /^(https?|socks5h?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}\/?$/i,
);

/** The keys of the channels: a tenant's list of people, or the one owner whom the master takes. */
export function channels(only: "many" | "owner") {
  const people = <T extends z.ZodType<string, string>>(element: T) =>
    only === "owner"
      ? list("exactly one id", element).length(
          1,
          "must hold exactly one id, the owner's: the master rules the whole host",
        )
      : list("ids in quotes", element).default([]);
  return {
    telegram: strictMap(
      "a map with token and allowFrom",
      {
        token: telegramToken().describe("Token of the bot, from @BotFather"),
        allowFrom: people(telegramUser).describe("Numeric ids, in quotes, of the people whom the bot answers"),
        groupPolicy,
        proxy: proxy.optional().describe("Proxy to Telegram; a private one needs its address in `egress`"),
      },
      GONE_FROM_BOT,
    )
      .optional()
      .describe("Telegram bot; it polls, so no port is open"),
    discord: strictMap(
      "a map with token and allowFrom",
      {
        token: discordToken().describe(
          "Token of the bot, from the developer portal; turn on the message content intent",
        ),
        allowFrom: people(discordUser).describe("Numeric ids, in quotes, of the people whom the bot answers"),
        allowChannels: list("channel ids in quotes", discordChannel)
          .default([])
          .describe("Ids of the only channels it answers in; empty: all it can see"),
        groupPolicy,
      },
      GONE_FROM_BOT,
    )
      .optional()
      .describe("Discord bot"),
    whatsapp: strictMap(
      "a map with allowFrom",
      {
        allowFrom: people(whatsappUser).describe(
          "Numbers, in quotes, digits only with the country code, of the people whom it answers",
        ),
        groupPolicy,
      },
      GONE_FROM_WHATSAPP,
    )
      .optional()
      .describe("WhatsApp account of its own, paired by a QR code; the pairing is state"),
    feishu: strictMap(
      "a map with appId, appSecret and allowFrom",
      {
        appId: feishuApp.describe("Id of the app, from its Credentials & Basic Info; no secret"),
        appSecret: feishuAppSecret().describe("Secret of the app, from the same page"),
        domain: choice(["feishu", "lark"])
          .default("feishu")
          .describe("Where the app is: `feishu` (open.feishu.cn) or `lark` (open.larksuite.com)"),
        encryptKey: feishuEncryptKey()
          .optional()
          .describe("Encrypt key of the app's events, if it has one; the connection that nanobot uses needs none"),
        verificationToken: feishuVerificationToken()
          .optional()
          .describe("Verification token of the app's events, if it has one; needed as little"),
        allowFrom: people(feishuUser).describe("open_ids, in quotes, of the people whom the bot answers"),
        groupPolicy,
      },
      GONE_FROM_FEISHU,
    )
      .optional()
      .describe("Bot of a Feishu or Lark app; it opens the connection itself, so no port is open"),
  };
}

/** The number as nanobot compares it, where the text is one in another spelling or WhatsApp's address of one. */
function bareNumber(value: string): string | undefined {
  const bare = value
    .replace(/(:\d+)?@(s\.whatsapp\.net|c\.us|lid)$/, "")
    .replace("(0)", "")
    .replaceAll(/[ ()/.-]/g, "")
    .replace(/^(\+|00)/, "");
  return WHATSAPP_NUMBER.test(bare) ? bare : undefined;
}

function feishuMistake(value: string): string {
  if (value.startsWith("on_")) return "a union_id, which nanobot does not compare";
  if (value.startsWith("oc_")) return `the id of a group, ${PEOPLE}`;
  if (value.startsWith("cli_")) return "the id of an app";
  return value.includes("@") ? "an e-mail address" : "a text of another form";
}
