import { describe, expect, test } from "vitest";
import { changed, DISCORD_TOKEN, GUILD, shapeProblems, USER, VAULT_TOKEN } from "./moltbot-fixtures.ts";

const { all, discord, guild, sandbox, telegram } = changed;

const user = "must be a user's id in quotes, 17 to 20 digits (Developer Mode, right-click, Copy ID), got";
const telegramUser = 'must be a numeric user id in quotes, such as "123456789" (ask @userinfobot), got';
const owner = 'must be "discord:" or "telegram:" and a numeric user id, such as "discord:123456789012345678"';
const rounded = "a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string";

describe("refuses", () => {
  test.each([
    [
      "a config that is no map",
      shapeProblems([]),
      " must be a map with discord or telegram, model and providers, got a list",
    ],
    ["a misspelt key", all({ fallback: [] }), ' must not have "fallback" (did you mean "fallbacks"?)'],
    [
      "a misspelt nested key",
      guild({ requireMentions: true }),
      `discord.guilds.${GUILD} must not have "requireMentions" (did you mean "requireMention"?)`,
    ],
    [
      "OpenClaw's own layout",
      all({ channels: {} }),
      ' must not have "channels" (OpenClaw\'s own layout: write discord or telegram at this level)',
    ],
    [
      "a key that was never valid",
      discord({ mentionRequired: true }),
      'discord must not have "mentionRequired" (write requireMention below a guild or group)',
    ],
    ["another sandbox backend", sandbox({ backend: "docker" }), 'sandbox must not have "backend" (always podman)'],
    [
      "a vault's token in the sandbox",
      sandbox({ env: { OP_SERVICE_ACCOUNT_TOKEN: VAULT_TOKEN } }),
      'sandbox must not have "env" (everything in a sandbox can read it: register a 1Password item instead)',
    ],

    [
      "a Discord token of another form",
      discord({ token: "not a token" }),
      "discord.token must be a Discord bot token (three parts with dots between, from the developer portal), got a text of another form",
    ],
    [
      "a placeholder left in",
      discord({ token: "changeme" }),
      "discord.token must be a Discord bot token, got a placeholder that was left in",
    ],
    [
      "a Discord token in Telegram's place",
      telegram({ token: DISCORD_TOKEN }),
      "telegram.token must be a Telegram bot token (digits, a colon, about 35 letters, from @BotFather), got a text of another form",
    ],
    ["a user id as a number", discord({ allowFrom: [123456789012345680] }), `discord.allowFrom[0] ${user} ${rounded}`],
    ["everybody", discord({ allowFrom: ["*"] }), `discord.allowFrom[0] ${user} "*", which would let everybody in`],
    ["16 digits", discord({ allowFrom: ["1234567890123456"] }), `discord.allowFrom[0] ${user} a text of another form`],
    [
      "21 digits",
      discord({ allowFrom: ["123456789012345678901"] }),
      `discord.allowFrom[0] ${user} a text of another form`,
    ],
    [
      "a leading zero",
      discord({ allowFrom: ["023456789012345678"] }),
      `discord.allowFrom[0] ${user} a text of another form`,
    ],
    [
      "a list that is a text",
      discord({ allowFrom: USER }),
      "discord.allowFrom must be a list of user ids in quotes, got a text",
    ],
    [
      "an application id as a number",
      discord({ applicationId: 1234567890123456800 }),
      `discord.applicationId must be an application's id in quotes, 17 to 20 digits (Developer Mode, right-click, Copy ID), got ${rounded}`,
    ],
    [
      "every guild",
      discord({ guilds: { "*": {} } }),
      'discord.guilds.* must have guild ids, 17 to 20 digits in quotes, as keys, got "*", which would mean all of them',
    ],
    [
      "a guild's name",
      discord({ guilds: { myserver: {} } }),
      "discord.guilds.myserver must have guild ids, 17 to 20 digits in quotes, as keys, got a key of another form",
    ],
    [
      "a list of guilds",
      discord({ guilds: [GUILD] }),
      "discord.guilds must be a map from guild ids to settings, got a list",
    ],
    [
      "every member by name",
      guild({ users: ["*"] }),
      `discord.guilds.${GUILD}.users[0] ${user} "*", which would let everybody in`,
    ],
    [
      "a role by name",
      guild({ roles: ["admin"] }),
      `discord.guilds.${GUILD}.roles[0] must be a role's id in quotes, 17 to 20 digits (Developer Mode, right-click, Copy ID), got a text of another form`,
    ],
    [
      "requireMention as a word",
      guild({ requireMention: "yes" }),
      `discord.guilds.${GUILD}.requireMention must be true or false, got a text`,
    ],
    [
      "every channel",
      guild({ channels: { "*": {} } }),
      `discord.guilds.${GUILD}.channels.* must have channel ids, 17 to 20 digits in quotes, as keys, got "*", which would mean all of them`,
    ],
    [
      "an empty list of a channel's users",
      guild({ channels: { [USER]: { users: [] } } }),
      `discord.guilds.${GUILD}.channels.${USER}.users must name a user, or be left out`,
    ],
    [
      "an open DM policy",
      discord({ dmPolicy: "open" }),
      'discord.dmPolicy must be "pairing" or "allowlist", got "open"',
    ],

    [
      "a Telegram id as a number",
      telegram({ allowFrom: [123456789] }),
      `telegram.allowFrom[0] ${telegramUser} ${rounded}`,
    ],
    [
      "a Telegram username",
      telegram({ allowFrom: ["@alice"] }),
      `telegram.allowFrom[0] ${telegramUser} what looks like a username, which another person can register later`,
    ],
    [
      "a group among people",
      telegram({ allowFrom: ["-1001234567890"] }),
      `telegram.allowFrom[0] ${telegramUser} the id of a group: groups have a map of their own`,
    ],
    [
      "everybody on Telegram",
      telegram({ allowFrom: ["*"] }),
      `telegram.allowFrom[0] ${telegramUser} "*", which would let everybody in`,
    ],
    [
      "every group",
      telegram({ groups: { "*": {} } }),
      'telegram.groups.* must have group ids in quotes, such as "-1001234567890", as keys, got "*", which would mean all of them',
    ],
    [
      "an empty list of a group's people",
      telegram({ groups: { "-1001234567890": { allowFrom: [] } } }),
      "telegram.groups.-1001234567890.allowFrom must name a user, or be left out",
    ],

    ["an owner without a channel", all({ ownerAllowFrom: [USER] }), `ownerAllowFrom[0] ${owner}`],
    ["everybody as an owner", all({ ownerAllowFrom: ["discord:*"] }), `ownerAllowFrom[0] ${owner}`],
    [
      "an owner as a number",
      all({ ownerAllowFrom: [1] }),
      'ownerAllowFrom[0] must be "discord:" or "telegram:" and a user id, got a number',
    ],
  ])("%s", (_what, found, wanted) => {
    expect(found).toEqual([wanted]);
  });
});
