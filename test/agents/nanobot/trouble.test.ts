import { afterAll, describe, test } from "vitest";
import type { Bench } from "../support/bench.ts";
import type { RenderedContainer } from "../support/rendered.ts";
import { type Mode, Telegram } from "../support/telegram.ts";
import { until } from "../support/until.ts";
import { ALICE, nanobotBench } from "./bench.ts";

/** Longest time until a stalled poll is noticed and replaced, in seconds: nanobot-ai 0.3.5 gives up after 120 s, tears down in 30 s. */
const STALL_NOTICED = 160;

/** How long a bot that is lost has to stay silent, in seconds. */
const SILENCE = 60;

const benches: Bench[] = [];

/** An agent whose channel is in trouble from its start, and which is healthy nevertheless. */
async function troubled(mode: Mode, change?: (rendered: RenderedContainer) => RenderedContainer) {
  const bench = await nanobotBench({}, change);
  benches.push(bench);
  const telegram = new Telegram(bench.network);
  await telegram.set(mode);
  await bench.container.start();
  return { bench, telegram };
}

/** Ends the agent, and looks for secrets in all that it printed. */
async function secretsInLog(bench: Bench): Promise<number[]> {
  await bench.container.stop();
  return bench.secretsIn(bench.container.log);
}

/** The agent prints this much before it is in that state. */
function logged(bench: Bench, pattern: RegExp, seconds: number): Promise<boolean> {
  return until(`${pattern} in the log`, seconds, () => pattern.test(bench.container.log));
}

// Side by side, because the longest of them takes as long as all.
describe.concurrent("nanobot, which its health probe calls healthy,", () => {
  afterAll(() => {
    for (const bench of benches) bench.close();
  });

  test("never recovers from a token that Telegram refused once", { timeout: 240_000 }, async ({ expect }) => {
    const { bench, telegram } = await troubled("unauthorized");
    await logged(bench, /Unauthorized|InvalidToken|rejected/i, 60);
    await telegram.set("ok");
    const since = await telegram.push(ALICE, "hello ECHO(lost)");
    await expect(telegram.call("sendMessage", since, SILENCE)).rejects.toThrow("408");
    expect(await bench.container.isHealthy()).toBe(true);
    expect(await secretsInLog(bench)).toEqual([]);
  });

  test("recovers when another poller of its bot is gone", { timeout: 240_000 }, async ({ expect }) => {
    const { bench, telegram } = await troubled("conflict");
    await logged(bench, /Conflict/, 60);
    expect(await bench.container.isHealthy()).toBe(true);
    await telegram.set("ok");
    await telegram.say(ALICE, "hello ECHO(alone)", "FAKE-REPLY: alone");
    await telegram.set("conflict");
    await until("a second conflict", 60, () => (bench.container.log.match(/Conflict/g) ?? []).length > 1);
    expect(await secretsInLog(bench)).toEqual([]);
  });

  test("is deaf with a token of a wrong type, and keeps it to itself", { timeout: 240_000 }, async ({ expect }) => {
    const { bench, telegram } = await troubled("ok", (rendered) => {
      const text = rendered.files["config.json"] ?? "";
      const files = { "config.json": text.replace('"${TELEGRAM_BOT_TOKEN}"', '["${TELEGRAM_BOT_TOKEN}"]') };
      return { ...rendered, files };
    });
    const since = await telegram.push(ALICE, "hello ECHO(lost)");
    await expect(telegram.call("getMe", since, SILENCE)).rejects.toThrow("408");
    expect(await bench.container.isHealthy()).toBe(true);
    expect(bench.container.log).toContain("[secret]");
    expect(await secretsInLog(bench)).toEqual([]);
  });

  test("notices a poll that is never answered, and then answers what came meanwhile", { timeout: 300_000 }, async ({
    expect,
  }) => {
    const { bench, telegram } = await troubled("ok");
    await telegram.call("setMyCommands");
    await telegram.say(ALICE, "hello ECHO(before)", "FAKE-REPLY: before");
    await telegram.set("stall");
    const since = await telegram.push(ALICE, "hello ECHO(meanwhile)");
    await logged(bench, /polling stalled/, STALL_NOTICED);
    expect(await bench.container.isHealthy()).toBe(true);
    await telegram.set("ok");
    await telegram.answer("FAKE-REPLY: meanwhile", since);
    expect(await secretsInLog(bench)).toEqual([]);
  });
});
