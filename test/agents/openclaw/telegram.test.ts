import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATA } from "../../../agents/moltbot-config.ts";
import type { Bench } from "../support/bench.ts";
import { Figures } from "../support/figures.ts";
import { Telegram } from "../support/telegram.ts";
import { until } from "../support/until.ts";
import { GROUP, OWNER, podmanCalls, podmanEnvironment, STRANGER, telegramBench } from "./bench.ts";

const IMAGE = `ghcr.io/owner/moltbot-sandbox@sha256:${"0".repeat(64)}`;

describe("OpenClaw of the Moltbot example, over Telegram", () => {
  const figures = new Figures("OpenClaw");
  let bench: Bench;
  let telegram: Telegram;

  /** What the model was told in turns of the conversation: OpenClaw also lets a small model sum it up, without tools. */
  const turns = async () => (await bench.modelCalls()).filter(({ tools }) => tools.length > 0);

  beforeAll(async () => {
    bench = await telegramBench();
    telegram = new Telegram(bench.network);
    figures.seconds("start to health", await bench.container.start(480));
    await telegram.call("setMyCommands");
    figures.memory("idle", bench.container.memoryMib());
  });
  afterAll(() => {
    figures.print();
    bench?.close();
  });

  test("answers its owner", async () => {
    const answer = await figures.time("first reply", () => telegram.say(OWNER, "hello ECHO(one)", "FAKE-REPLY"));
    expect(answer.params).toMatchObject({ chat_id: OWNER, text: "FAKE-REPLY: one" });
    await figures.time("next reply", () => telegram.say(OWNER, "hello ECHO(two)", "FAKE-REPLY: two"));
    figures.memory("after a chat", bench.container.memoryMib());
  });

  test("gives a stranger a pairing code and asks no model", async () => {
    await telegram.say(STRANGER, "let me in ECHO(stranger)", "Pairing code");
    // Answered after it, so the stranger's message was dealt with.
    await telegram.say(OWNER, "hello ECHO(fence)", "FAKE-REPLY: fence");
    expect((await bench.modelCalls()).filter(({ user }) => user.includes("stranger"))).toEqual([]);
    const sent = await telegram.sentTo(STRANGER);
    expect(sent.map((text) => /Pairing code/.test(text))).toEqual([true]);
  });

  test("admits a stranger whose code a person on the host approves, although its config is read-only", async () => {
    const [sent = ""] = await telegram.sentTo(STRANGER);
    const code = /<code>([A-Z0-9]{8})\s*<\/code>/.exec(sent)?.[1] ?? "no code";
    const { status, text } = await bench.container.exec(["openclaw", "pairing", "approve", "telegram", code]);
    expect({ status, text }).toMatchObject({ status: 0, text: expect.stringContaining(STRANGER) as string });
    await telegram.say(STRANGER, "thank you ECHO(admitted)", "FAKE-REPLY: admitted");
  });

  test("stays silent in a group unless a person who is allowed mentions it", async () => {
    const token = bench.container.rendered.secrets.find(({ path }) => path.endsWith("telegram-token"))?.value;
    const bot = `@fake${token?.split(":")[0]}_bot`;
    await telegram.push(OWNER, "among us", GROUP);
    // Paired for private chats, which does not count in groups.
    await telegram.push(STRANGER, `${bot} ECHO(foreign)`, GROUP);
    const before = (await turns()).length;
    await telegram.say(OWNER, `${bot} ECHO(mentioned)`, "FAKE-REPLY: mentioned", GROUP);
    expect(await telegram.sentTo(GROUP)).toEqual(["FAKE-REPLY: mentioned"]);
    const asked = (await turns()).slice(before).map(({ user }) => user);
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toContain("foreign");
  });

  test("runs its shell in a sandbox", async () => {
    const code = 'return await exec({ command: "pwd; touch made-in-the-sandbox; ls" })';
    await telegram.say(OWNER, `TOOL:exec ${JSON.stringify({ code })}`, "FAKE-TOOL-RESULT");
    const result = (await turns()).at(-1)?.lastText ?? "";
    expect(result).toContain("made-in-the-sandbox");
    expect(podmanCalls(bench).filter((args) => args[0] === "exec" && args.includes("-w"))).toHaveLength(1);
  });

  test("makes one sandbox, with the image by digest, the workspace, its network and limits, and nothing else", () => {
    const made = podmanCalls(bench).filter(([verb]) => verb === "create");
    expect(made.map(withoutNames)).toEqual([
      [
        ...["create", "--name", "NAME", "--init"],
        ...["--read-only", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"],
        ...["--network", "moltbot-sandbox", "--user", "1000:1000"],
        ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
        ...["--pids-limit", "256", "--memory", "512m", "--memory-swap", "512m", "--cpus", "1"],
        ...["--http-proxy=false", "--read-only-tmpfs=true", "--userns", "keep-id:uid=1000,gid=1000"],
        ...["--workdir", "/workspace", "-v", `${DATA}/workspace:/workspace:z`],
        // Skills of OpenClaw's own, which it lays out below its state.
        ...["-v", `${DATA}/openclaw/SKILLS:/workspace/.openclaw/sandbox-skills/skills:ro,z`],
        ...["--env-file", "FILE", IMAGE, "sleep", "infinity"],
      ],
    ]);
  });

  test("asks of Podman only what a sandbox needs", () => {
    const verbs = podmanCalls(bench).map(([verb]) => verb);
    expect([...new Set(verbs)].toSorted((a = "", b = "") => a.localeCompare(b))).toEqual([
      "create",
      "exec",
      "image",
      "info",
      "inspect",
      "start",
      "system",
    ]);
  });

  test("gives a sandbox no secret", () => {
    const environment = podmanEnvironment(bench);
    expect(environment.map((line) => line.split("=")[0])).toEqual([
      ...["HOME", "LANG", "OPENCLAW_CLI", "OPENCLAW_PREPEND_PATH", "OPENCLAW_SHELL"],
    ]);
    expect(bench.secretsIn(JSON.stringify([environment, podmanCalls(bench)]))).toEqual([]);
  });

  test("ends in the middle of an answer within the time that its quadlet gives it, answer and conversation kept", async () => {
    const before = (await turns()).at(-1)?.messages ?? 0;
    const since = await telegram.push(OWNER, "SLEEP(3000) ECHO(drained)");
    await until("the model's call", 60, async () => (await turns()).some(({ user }) => user.includes("SLEEP")));
    const { status, seconds } = await bench.container.stop();
    figures.seconds("SIGTERM in the middle of an answer of 3 s", seconds);
    expect(status).toBe(0);
    await telegram.answer("FAKE-REPLY: drained", since, 1);
    figures.seconds("next start to health", await bench.container.start(480));
    await telegram.say(OWNER, "after the stop ECHO(after)", "FAKE-REPLY: after");
    expect((await turns()).at(-1)?.messages).toBeGreaterThan(before + 3);
  });

  test("ends within the time that its quadlet gives it when idle", async () => {
    const { status, seconds } = await bench.container.stop();
    figures.seconds("SIGTERM when idle", seconds);
    expect(status).toBe(0);
  });

  test("wrote no secret into its log", () => {
    expect(bench.secretsIn(bench.container.log)).toEqual([]);
  });

  test("looked up no name but those of Telegram, its model service and its marketplace", () => {
    expect(bench.network.asked().toSorted()).toEqual(["api.anthropic.com", "api.telegram.org", "clawhub.ai"]);
  });

  test("asked Telegram for nothing that Telegram would refuse", async () => {
    expect(await telegram.problems()).toEqual([]);
  });
});

/** Arguments of `podman create` without OpenClaw's labels, and with words for what differs from run to run. */
function withoutNames(args: readonly string[]): string[] {
  return args.flatMap((word, index) => {
    const option = args[index - 1];
    if (word === "--label" || option === "--label")
      return option === "--label" && !word.startsWith("openclaw.") ? [word] : [];
    if (option === "--name") return ["NAME"];
    if (option === "--env-file") return ["FILE"];
    return [
      word.replace(/sandbox\/skills-workspaces\/workspace-[0-9a-f]{32}\/\.openclaw\/sandbox-skills\/skills/, "SKILLS"),
    ];
  });
}
