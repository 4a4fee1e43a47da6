import type { Fake } from "./network.ts";
import type { RenderedContainer } from "./rendered.ts";

/** Ports of the fakes, on loopback; agents listen on others. */
export const [TELEGRAM, MODEL, DISCORD] = [18_081, 18_082, 18_083] as const;

/** Telegram with the one bot of this token. */
export function fakeTelegram(token: string): Fake {
  return { program: "fake-telegram.ts", port: TELEGRAM, names: ["api.telegram.org"], args: ["--bot", token] };
}

/** The model service of this name, which knows one key. */
export function fakeModel(name: string, key: string): Fake {
  return { program: "fake-model.ts", port: MODEL, names: [name], args: ["--key", key] };
}

/** Discord with the one bot of this token. */
export function fakeDiscord(token: string): Fake {
  const names = ["discord.com", "gateway.discord.gg"];
  return { program: "fake-discord.ts", port: DISCORD, names, args: ["--bot", token] };
}

/** The stand-in of a secret, by the last part of its path in the container. */
export function secretOf({ secrets }: RenderedContainer, name: string): string {
  const secret = secrets.find(({ path }) => path.endsWith(`/${name}`));
  if (secret === undefined) throw new Error(`the container has no secret ${name}`);
  return secret.value;
}
