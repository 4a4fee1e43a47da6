import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BOT, CHANNEL } from "../fakes/discord-objects.ts";
import { discordBench } from "../openclaw/bench.ts";
import type { Bench } from "../support/bench.ts";
import { Discord } from "../support/discord.ts";

/** The example's owner, who is also the member of its guild, and a person whom nobody knows. */
const [OWNER, STRANGER] = ["123456789012345678", "345678901234567890"] as const;

describe("OpenClaw of the Moltbot example, over Discord", () => {
  let bench: Bench;
  let discord: Discord;

  beforeAll(async () => {
    bench = await discordBench();
    discord = new Discord(bench.network);
    await bench.container.start(480);
  });
  afterAll(() => bench?.close());

  test("gives a stranger a pairing code, asks no model, and admits who is approved", async () => {
    const { text } = await discord.say(STRANGER, "let me in ECHO(stranger)", "airing code");
    expect(await bench.modelCalls()).toEqual([]);
    const code = /\b[A-Z0-9]{8}\b/.exec(text)?.[0] ?? text;
    const { status } = await bench.container.exec(["openclaw", "pairing", "approve", "discord", code]);
    expect(status).toBe(0);
    await discord.say(STRANGER, "thank you ECHO(admitted)", "FAKE-REPLY: admitted");
  });

  test("stays silent in a guild unless a member who is listed mentions it", async () => {
    await discord.push(OWNER, "among us", "guild");
    // Paired for private chats, which does not count in a guild.
    await discord.push(STRANGER, `<@${BOT}> ECHO(foreign)`, "guild");
    await discord.say(OWNER, `<@${BOT}> ECHO(mentioned)`, "FAKE-REPLY: mentioned", "guild");
    expect(await discord.sentTo(CHANNEL)).toEqual(["FAKE-REPLY: mentioned"]);
    expect((await bench.modelCalls()).filter(({ user }) => user.includes("foreign"))).toEqual([]);
  });

  test("ends within the time that its quadlet gives it", async () => {
    expect((await bench.container.stop()).status).toBe(0);
  });

  test("wrote no secret into its log", () => {
    expect(bench.secretsIn(bench.container.log)).toEqual([]);
  });

  test("looked up no name but those of Discord, its model service and its marketplace", () => {
    const names = ["api.anthropic.com", "clawhub.ai", "discord.com", "gateway.discord.gg"];
    expect(bench.network.asked().toSorted()).toEqual(names);
  });

  test("asked Discord for nothing that Discord would refuse", async () => {
    expect(await discord.problems()).toEqual([]);
  });
});
