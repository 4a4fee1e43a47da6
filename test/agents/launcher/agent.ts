import { Bench } from "../support/bench.ts";
import type { Container, Image } from "../support/container.ts";
import { fakeModel, fakeTelegram, secretOf } from "../support/fakes.ts";
import { renderedContainer } from "../support/rendered.ts";
import { Telegram } from "../support/telegram.ts";
import { until } from "../support/until.ts";
import { nanobotImage } from "./image.ts";

/** People whom the agents of these tests answer. */
export const [ALICE, BOB] = ["111", "222"] as const;

/** The example's tenant `research` in its container, started, with fakes for Telegram and its model service. */
export class Agent {
  readonly bench: Bench;
  readonly telegram: Telegram;
  #turns = 0;

  private constructor(bench: Bench) {
    this.bench = bench;
    this.telegram = new Telegram(bench.network);
  }

  /** Starts it with some keys of the tenant changed, in the real image unless another is given. */
  static async start(keys: Readonly<Record<string, unknown>> = {}, image: Image = nanobotImage()): Promise<Agent> {
    const bench = await Bench.open(async (folder) => {
      const rendered = await renderedContainer("nanobot", "research", folder, (stack) => {
        const tenants = stack["tenants"] as Record<string, { telegram: object }>; // as the example has them
        const { telegram, ...rest } = tenants["research"] ?? { telegram: {} };
        tenants["research"] = { ...rest, telegram: { ...telegram, allowFrom: [ALICE, BOB] }, ...keys };
      });
      const fakes = [
        fakeTelegram(secretOf(rendered, "TELEGRAM_BOT_TOKEN")),
        fakeModel("openrouter.ai", secretOf(rendered, "MODEL_API_KEY")),
      ];
      return { rendered, image, fakes };
    });
    const agent = new Agent(bench);
    try {
      await agent.container.start();
      await agent.telegram.call("setMyCommands");
    } catch (error) {
      // The caller has nothing to close yet.
      agent.close();
      throw error;
    }
    return agent;
  }

  /** Its container. */
  get container(): Container {
    return this.bench.container;
  }

  /** Lets the model call a tool in a turn of that person; what the tool told the model. */
  async callTool(from: string, tool: string, input: object): Promise<string> {
    // nanobot edits a streamed answer for a while: only a mark of its own tells this turn's answer from the one before.
    this.#turns += 1;
    const mark = `turn-${this.#turns}`;
    const asked = `ECHO(${mark})`;
    await this.telegram.say(from, `${asked} TOOL:${tool} ${JSON.stringify(input)}`, `FAKE-TOOL-RESULT: ${mark}: `);
    const calls = await this.bench.modelCalls();
    return calls.findLast(({ lastRole, user }) => lastRole === "tool" && user.includes(asked))?.lastText ?? "";
  }

  /** Waits until the container has ended. */
  async ended(): Promise<void> {
    await until("the end of the container", 30, async () => (await this.container.exec(["true"])).status === 125);
  }

  /** Ends everything and removes what it left. */
  close(): void {
    this.bench.close();
  }
}
