import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BOT, CHANNEL } from "../fakes/discord-objects.ts";
import { nanobotImage } from "../launcher/image.ts";
import { Bench } from "../support/bench.ts";
import { Discord } from "../support/discord.ts";
import { fakeDiscord, fakeModel, secretOf } from "../support/fakes.ts";
import { renderedContainer } from "../support/rendered.ts";

const [ALICE, STRANGER] = ["123456789012345678", "345678901234567890"] as const;

describe("nanobot over Discord", () => {
  let bench: Bench;
  let discord: Discord;

  beforeAll(async () => {
    bench = await Bench.open(async (folder) => {
      const rendered = await renderedContainer("nanobot", "frontend", folder, (stack) => {
        const tenants = stack["tenants"] as Record<string, Record<string, unknown>>; // as the example has them
        const { telegram: _, ...rest } = tenants["frontend"] ?? {};
        const channel = { token: "op://nanobot/Frontend Bot/credential", allowFrom: [ALICE] };
        tenants["frontend"] = { ...rest, discord: channel };
      });
      const fakes = [
        fakeDiscord(secretOf(rendered, "DISCORD_BOT_TOKEN")),
        fakeModel("api.anthropic.com", secretOf(rendered, "MODEL_API_KEY")),
      ];
      return { rendered, image: nanobotImage(), fakes };
    });
    discord = new Discord(bench.network);
    await bench.container.start();
    // It loses the answer to what it is told before it has put its commands.
    await discord.called("PUT", `/applications/${BOT}/commands`);
  });
  afterAll(() => bench?.close());

  test("answers a person who is allowed", async () => {
    await discord.say(ALICE, "hello ECHO(one)", "FAKE-REPLY: one");
  });

  test("gives a stranger a pairing code and asks no model", async () => {
    await discord.say(STRANGER, "let me in ECHO(stranger)", "airing code");
    await discord.say(ALICE, "hello ECHO(fence)", "FAKE-REPLY: fence");
    expect((await bench.modelCalls()).filter(({ user }) => user.includes("stranger"))).toEqual([]);
  });

  test("stays silent in a guild unless a person who is allowed mentions it", async () => {
    await discord.push(ALICE, "among us ECHO(unmentioned)", "guild");
    await discord.push(STRANGER, `<@${BOT}> ECHO(foreign)`, "guild");
    await discord.say(ALICE, `<@${BOT}> ECHO(mentioned)`, "FAKE-REPLY: mentioned", "guild");
    expect(await discord.sentTo(CHANNEL)).toEqual(["FAKE-REPLY: mentioned"]);
    expect((await bench.modelCalls()).filter(({ user }) => /unmentioned|foreign/.test(user))).toEqual([]);
  });

  test("ends within the time that its quadlet gives it", async () => {
    expect((await bench.container.stop()).status).toBe(0);
  });

  test("wrote no secret into its log", () => {
    expect(bench.secretsIn(bench.container.log)).toEqual([]);
  });

  test("looked up no name but those of Discord and its model service", () => {
    expect(bench.network.asked().toSorted()).toEqual(["api.anthropic.com", "discord.com", "gateway.discord.gg"]);
  });

  test("asked Discord for nothing that Discord would refuse", async () => {
    expect(await discord.problems()).toEqual([]);
  });
});
