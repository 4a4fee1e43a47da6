import type { Call } from "../fakes/fake-discord.ts";
import { DISCORD } from "./fakes.ts";
import type { Network } from "./network.ts";
import { until } from "./until.ts";

/** Discord as people see it. */
export class Discord {
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  /** Sends a message to the bot as soon as it is connected; the number of the bot's next call. */
  push(from: string, text: string, where: "private" | "guild" = "private"): Promise<number> {
    return until("the bot at the gateway", 120, async () => {
      const { since } = await this.#network.ask<{ since?: number }>(DISCORD, "/_ctl/push", { text, from, where });
      return since;
    });
  }

  /** Sends a message and waits for a message of the bot, new or edited, that holds `answer`. */
  async say(from: string, text: string, answer: string, where: "private" | "guild" = "private"): Promise<Call> {
    const since = await this.push(from, text, where);
    const query = new URLSearchParams({ text: answer, since: String(since), ms: "90000" });
    return this.#network.ask(DISCORD, `/_ctl/wait?${query.toString()}`);
  }

  /** Waits until the bot has made a call whose path begins so. */
  async called(method: string, path: string): Promise<void> {
    await until(`${method} ${path}`, 120, async () => {
      const calls = await this.#network.ask<Call[]>(DISCORD, "/_ctl/calls");
      return calls.some((call) => call.method === method && call.path.startsWith(path));
    });
  }

  /** The texts that the bot sent to a channel so far. */
  async sentTo(channel: string): Promise<string[]> {
    const calls = await this.#network.ask<Call[]>(DISCORD, "/_ctl/calls");
    return calls.flatMap(({ method, path, text }) =>
      method === "POST" && path === `/channels/${channel}/messages` ? [text] : [],
    );
  }

  /** Changes how Discord answers from now on. */
  async set(mode: "ok" | "unauthorized" | "intents"): Promise<void> {
    await this.#network.ask(DISCORD, "/_ctl/mode", { mode });
  }

  /** Calls that Discord would not have taken. */
  problems(): Promise<string[]> {
    return this.#network.ask(DISCORD, "/_ctl/problems");
  }
}
