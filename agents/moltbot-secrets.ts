import type { MoltbotArgs } from "./moltbot-schema.ts";
import type { WorkloadSecret } from "./workload.ts";

/** A credential that openclaw.json names: its file's name in `/run/secrets`, and OpenClaw's name for the file. */
export interface NamedSecret {
  readonly id: string;
  readonly value: WorkloadSecret["value"];
}

/** The id of a model provider's key. */
export function apiKeyId(provider: string): string {
  return `${provider}-api-key`;
}

/** Every credential that openclaw.json refers to, sorted by id. */
export function namedSecrets({ discord, telegram, providers }: MoltbotArgs): NamedSecret[] {
  return [
    { id: "gateway-token", value: { info: "gateway-token" } },
    ...(discord === undefined ? [] : [{ id: "discord-token", value: discord.token }]),
    ...(telegram === undefined ? [] : [{ id: "telegram-token", value: telegram.token }]),
    ...Object.entries(providers).map(([name, { apiKey }]) => ({ id: apiKeyId(name), value: apiKey })),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
