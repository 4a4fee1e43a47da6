import type { Call } from "../fakes/fake-telegram.ts";
import { TELEGRAM } from "./fakes.ts";
import type { Network } from "./network.ts";

/** What Telegram does when the bot asks, see fake-telegram.ts. */
export type Mode = "ok" | "unauthorized" | "conflict" | "stall";

/** Telegram as people see it. */
export class Telegram {
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  /** Sends a message to the bot, privately or in a group; the number of the bot's next call. */
  async push(from: string, text: string, group?: string): Promise<number> {
    const { since } = await this.#network.ask<{ since: number }>(TELEGRAM, "/_ctl/push", {
      text,
      from: { id: Number(from), username: `person${from}` },
      ...(group === undefined ? {} : { chat: { id: Number(group), type: "supergroup", title: "Group" } }),
    });
    return since;
  }

  /** Sends a message and waits for a message of the bot, new or edited, that holds `answer`. */
  async say(from: string, text: string, answer: string, group?: string): Promise<Call> {
    return this.answer(answer, await this.push(from, text, group));
  }

  /** The bot's first message, from a call's number on, that holds `text`; fails if there is none in time. */
  answer(text: string, since: number, seconds = 90): Promise<Call> {
    return this.#wait({ text, since: String(since), ms: String(seconds * 1000) });
  }

  /** The bot's first call of a method, from a call's number on; fails if there is none in time. */
  call(method: string, since = 0, seconds = 90): Promise<Call> {
    return this.#wait({ method, since: String(since), ms: String(seconds * 1000) });
  }

  #wait(query: Readonly<Record<string, string>>): Promise<Call> {
    return this.#network.ask(TELEGRAM, `/_ctl/wait?${new URLSearchParams(query).toString()}`);
  }

  /** The texts that the bot sent to a chat so far. */
  async sentTo(chat: string): Promise<string[]> {
    const calls = await this.#network.ask<Call[]>(TELEGRAM, "/_ctl/calls?method=sendMessage");
    return calls.flatMap(({ params }) => (String(params["chat_id"]) === chat ? [String(params["text"])] : []));
  }

  /** Changes how Telegram answers from now on. */
  async set(mode: Mode): Promise<void> {
    await this.#network.ask(TELEGRAM, "/_ctl/mode", { mode });
  }

  /** Calls that Telegram would not have taken. */
  problems(): Promise<string[]> {
    return this.#network.ask(TELEGRAM, "/_ctl/problems");
  }
}
