import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bench } from "../support/bench.ts";
import { Figures } from "../support/figures.ts";
import { Telegram } from "../support/telegram.ts";
import { until } from "../support/until.ts";
import { ALICE, BOB, nanobotBench, STRANGER } from "./bench.ts";

const GROUP = "-1001234567890";

describe("nanobot of the example stack", () => {
  const figures = new Figures("nanobot");
  let bench: Bench;
  let telegram: Telegram;

  beforeAll(async () => {
    bench = await nanobotBench();
    telegram = new Telegram(bench.network);
    figures.seconds("start to health", await bench.container.start());
    await telegram.call("setMyCommands");
    figures.memory("idle", bench.container.memoryMib());
  });
  afterAll(() => {
    figures.print();
    bench?.close();
  });

  test("answers a person who is allowed", async () => {
    const answer = await figures.time("first reply", () => telegram.say(ALICE, "hello ECHO(one)", "FAKE-REPLY"));
    expect(answer.params).toMatchObject({ chat_id: ALICE, text: "FAKE-REPLY: one" });
    await figures.time("next reply", () => telegram.say(ALICE, "hello ECHO(two)", "FAKE-REPLY: two"));
    figures.memory("after a chat", bench.container.memoryMib());
  });

  test("gives a stranger a pairing code and asks no model", async () => {
    const asked = (await bench.modelCalls()).length;
    await telegram.say(STRANGER, "let me in ECHO(stranger)", "airing code");
    // Answered after it, so the stranger's message was dealt with.
    await telegram.say(ALICE, "hello ECHO(fence)", "FAKE-REPLY: fence");
    expect((await bench.modelCalls()).slice(asked).map(({ user }) => user.includes("stranger"))).toEqual([false]);
    const sent = await telegram.sentTo(STRANGER);
    expect(sent.map((text) => /pairing code/i.test(text))).toEqual([true]);
  });

  test("stays silent in a group unless a person who is allowed mentions it", async () => {
    const [bot = ""] = bench.container.rendered.secrets.map(({ value }) => value.split(":")[0]);
    await telegram.push(ALICE, "among us ECHO(unmentioned)", GROUP);
    await telegram.push(STRANGER, `@fake${bot}_bot ECHO(foreign)`, GROUP);
    await telegram.say(ALICE, `@fake${bot}_bot ECHO(mentioned)`, "FAKE-REPLY: mentioned", GROUP);
    await telegram.say(ALICE, "hello ECHO(fence)", "FAKE-REPLY: fence");
    expect(await telegram.sentTo(GROUP)).toEqual(["FAKE-REPLY: mentioned"]);
    const users = (await bench.modelCalls()).map(({ user }) => user);
    expect(users.filter((user) => /unmentioned|foreign/.test(user))).toEqual([]);
  });

  test("ends within the time that its quadlet gives it, in the middle of an answer, and keeps the conversation", async () => {
    await telegram.say(ALICE, "before the stop ECHO(before)", "FAKE-REPLY: before");
    const before = (await bench.modelCalls()).at(-1)?.messages ?? 0;
    await telegram.push(ALICE, "SLEEP(600000)");
    await until("the model's call", 30, async () =>
      (await bench.modelCalls()).some(({ user }) => user.includes("SLEEP")),
    );
    const { status, seconds } = await bench.container.stop();
    figures.seconds("SIGTERM in the middle of an answer", seconds);
    expect(status).toBe(0);
    figures.seconds("next start to health", await bench.container.start());
    await telegram.say(ALICE, "after the stop ECHO(after)", "FAKE-REPLY: after");
    expect((await bench.modelCalls()).at(-1)?.messages).toBeGreaterThan(before + 1);
  });

  test.each([
    ["list_dir", { path: "/data/sessions" }],
    ["read_file", { path: "../config.json" }],
    ["find_files", { path: "/data", pattern: "*.jsonl" }],
    ["grep", { pattern: "ECHO", path: "/data/sessions" }],
  ])("refuses one person the files of another's chat by %s", async (tool, input) => {
    // Named, because the last edit of the answer before may come late.
    await telegram.say(BOB, `TOOL:${tool} ${JSON.stringify(input)} ECHO(${tool})`, `FAKE-TOOL-RESULT: ${tool}: `);
    const result = (await bench.modelCalls()).at(-1)?.lastText ?? "";
    expect(result).toMatch(/^Error/);
    expect(result).not.toContain("ECHO(");
  });

  test("ends within the time that its quadlet gives it when idle", async () => {
    const { status, seconds } = await bench.container.stop();
    figures.seconds("SIGTERM when idle", seconds);
    expect(status).toBe(0);
  });

  test("wrote no secret into its log", () => {
    expect(bench.secretsIn(bench.container.log)).toEqual([]);
  });

  test("looked up no name but those of Telegram and its model service", () => {
    expect(bench.network.asked().toSorted()).toEqual(["api.anthropic.com", "api.telegram.org"]);
  });

  test("asked Telegram for nothing that Telegram would refuse", async () => {
    expect(await telegram.problems()).toEqual([]);
  });
});
