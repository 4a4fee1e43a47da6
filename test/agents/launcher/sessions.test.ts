import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent, ALICE, BOB } from "./agent.ts";
import { REFUSED, runFilter } from "./attacks.ts";

const SESSION_TOOLS = ["list_sessions", "read_session", "search_sessions", "send_session_message"];

describe("two people of one tenant", () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await Agent.start();
    await agent.telegram.say(BOB, "ECHO(tulips) are what I grow", "tulips");
  });
  afterAll(() => agent?.close());

  test("have no tool for each other's chats", async () => {
    const tools = (await agent.bench.modelCalls()).at(-1)?.tools ?? [];
    expect(tools).toContain("message");
    expect(tools.filter((name) => SESSION_TOOLS.includes(name))).toEqual([]);
  });

  test.each([{ chat_id: BOB }, { channel: "telegram", chat_id: BOB }, { channel: "discord" }])(
    "cannot send to another chat: %j",
    async (target) => {
      const said = await agent.callTool(ALICE, "message", { content: "a note", ...target });
      expect(said).toContain("this agent sends to the current chat only; omit channel and chat_id");
    },
  );

  test.each([{}, { chat_id: ALICE }, { channel: "telegram", chat_id: ALICE }])(
    "can send to their own chat: %j",
    async (target) => {
      expect(await agent.callTool(ALICE, "message", { content: "a note", ...target })).toContain(
        `Message sent to telegram:${ALICE}`,
      );
    },
  );

  test("get no shell by what nanobot's git store would run", async () => {
    expect(await runFilter(agent)).toBeUndefined();
    expect(agent.container.log).toContain(REFUSED);
  });

  test("got nothing that was meant for the other", async () => {
    expect(await agent.telegram.sentTo(BOB)).toEqual(["FAKE-REPLY: tulips"]);
  });
});

describe("two people of one tenant with sharedSessions", () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await Agent.start({ sharedSessions: true });
    await agent.telegram.say(BOB, "ECHO(tulips) are what I grow", "tulips");
  });
  afterAll(() => agent?.close());

  test("have the tools for each other's chats", async () => {
    const tools = (await agent.bench.modelCalls()).at(-1)?.tools ?? [];
    expect(tools.filter((name) => SESSION_TOOLS.includes(name))).toEqual(SESSION_TOOLS);
  });

  test("find each other's words and write to each other", async () => {
    expect(await agent.callTool(ALICE, "search_sessions", { query: "tulips" })).toContain(`telegram:${BOB}`);
    const said = await agent.callTool(ALICE, "message", { content: "a note", chat_id: BOB });
    expect(said).toContain(`Message sent to telegram:${BOB}`);
  });
});
