import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GATEWAY_PORT } from "../../../agents/moltbot-config.ts";
import type { Bench } from "../support/bench.ts";
import { Telegram } from "../support/telegram.ts";
import { until } from "../support/until.ts";
import { OWNER, podmanCalls, telegramBench } from "./bench.ts";

describe("OpenClaw whose sandboxes have no network", () => {
  let bench: Bench;
  let telegram: Telegram;

  beforeAll(async () => {
    bench = await telegramBench({ sandbox: { memoryMib: 640, network: "none", cpus: 0.5, pidsLimit: 99 } });
    telegram = new Telegram(bench.network);
    await bench.container.start(480);
  });
  afterAll(() => bench?.close());

  test("makes them with no network and with the limits of its stack file", async () => {
    await telegram.say(OWNER, "hello ECHO(one)", "FAKE-REPLY: one");
    const [create = []] = podmanCalls(bench).filter(([verb]) => verb === "create");
    const options = ["--network", "--memory", "--memory-swap", "--cpus", "--pids-limit"];
    expect(options.map((option) => create[create.indexOf(option) + 1])).toEqual(["none", "640m", "640m", "0.5", "99"]);
  });

  test("is healthy all the same when Telegram has refused its token once; only its readiness says so", async () => {
    await telegram.set("unauthorized");
    // It does not try again.
    await until("the refusal in the log", 90, () => bench.container.log.includes("terminal disconnect"));
    await telegram.set("ok");
    expect(await bench.container.isHealthy()).toBe(true);
    const { text } = await bench.container.exec(["curl", "-s", `http://127.0.0.1:${GATEWAY_PORT}/readyz`]);
    expect(JSON.parse(text)).toMatchObject({ ready: false, failing: ["telegram"] });
  });

  test("wrote no secret into its log", async () => {
    await bench.container.stop();
    expect(bench.secretsIn(bench.container.log)).toEqual([]);
  });
});
