import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DATA } from "../../../agents/moltbot-config.ts";
import { Bench } from "../support/bench.ts";
import { fakeDiscord, fakeModel, fakeTelegram, secretOf } from "../support/fakes.ts";
import { renderedContainer } from "../support/rendered.ts";
import { installPlugins, openclawImage, PODMAN_RECORD } from "./image.ts";

/** The owner of the bot and a person whom nobody knows. */
export const [OWNER, STRANGER] = ["123456789", "555000111"] as const;

/** The group in which the bot answers when it is mentioned. */
export const GROUP = "-1001234567890";

/** The Moltbot example with Discord exchanged for Telegram, and with some keys changed. */
export function telegramBench(keys: Readonly<Record<string, unknown>> = {}): Promise<Bench> {
  return Bench.open(async (folder) => {
    const rendered = await renderedContainer("moltbot", "moltbot", folder, (stack) => {
      const { discord: _, ...rest } = stack["moltbot"] ?? {};
      stack["moltbot"] = {
        ...rest,
        ownerAllowFrom: [`telegram:${OWNER}`],
        telegram: {
          token: "op://moltbot/Telegram Bot/credential",
          dmPolicy: "pairing",
          allowFrom: [OWNER],
          groups: { [GROUP]: { requireMention: true } },
        },
        ...keys,
      };
    });
    return {
      rendered,
      image: openclawImage(DATA),
      fakes: [
        fakeTelegram(secretOf(rendered, "telegram-token")),
        fakeModel("api.anthropic.com", secretOf(rendered, "anthropic-api-key")),
      ],
    };
  });
}

/** The Moltbot example as it is, its Discord plugin installed: a first start would fetch that from npm's registry. */
export async function discordBench(): Promise<Bench> {
  const bench = await Bench.open(async (folder) => {
    const rendered = await renderedContainer("moltbot", "moltbot", folder);
    return {
      rendered,
      image: openclawImage(DATA),
      fakes: [
        fakeDiscord(secretOf(rendered, "discord-token")),
        fakeModel("api.anthropic.com", secretOf(rendered, "anthropic-api-key")),
      ],
    };
  });
  installPlugins(join(bench.container.data, "openclaw/state"));
  return bench;
}

/** What the gateway asked of Podman so far, the engine's address left out. */
export function podmanCalls({ container }: Bench): string[][] {
  const lines = podmanRecord(container.data, "calls")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const args = JSON.parse(line) as string[]; // as fake-podman.ts writes them
    return args[0] === "--url" ? args.slice(2) : args;
  });
}

/** The environment of sandboxes and of what ran in them. */
export function podmanEnvironment({ container }: Bench): string[] {
  const lines = podmanRecord(container.data, "env")
    .split("\n")
    .filter((line) => line !== "");
  return [...new Set(lines)].toSorted();
}

function podmanRecord(data: string, name: string): string {
  const file = join(data, PODMAN_RECORD, name);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
