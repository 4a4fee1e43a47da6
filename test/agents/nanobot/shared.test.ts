import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bench } from "../support/bench.ts";
import { Telegram } from "../support/telegram.ts";
import { ALICE, BOB, nanobotBench } from "./bench.ts";

describe("nanobot of a tenant with sharedSessions", () => {
  let bench: Bench;
  let telegram: Telegram;

  /** What a tool told the model in a turn of Bob's. */
  async function result(tool: string, input: object): Promise<string> {
    await telegram.say(BOB, `TOOL:${tool} ${JSON.stringify(input)}`, "FAKE-TOOL-RESULT");
    const calls = await bench.modelCalls();
    return calls.findLast(({ lastRole, user }) => lastRole === "tool" && user.includes(`TOOL:${tool}`))?.lastText ?? "";
  }

  beforeAll(async () => {
    bench = await nanobotBench({ sharedSessions: true });
    telegram = new Telegram(bench.network);
    await bench.container.start();
    await telegram.wait("setMyCommands");
    await telegram.say(ALICE, "the heron nests in May ECHO(noted)", "FAKE-REPLY: noted");
  });
  afterAll(() => bench?.close());

  test("lets one person read another's chat", async () => {
    expect(await result("read_session", { session_key: `telegram:${ALICE}` })).toContain("the heron nests in May");
  });

  test("lets one person write into another's chat", async () => {
    await result("message", { content: "greetings from Bob", channel: "telegram", chat_id: ALICE });
    expect(await telegram.sentTo(ALICE)).toContain("greetings from Bob");
  });
});
