import type { z } from "zod";
import type { moltbotSchema } from "../../../agents/moltbot-schema.ts";

/** Tokens of the right form that open nothing. */
export const token = (letter: string) => `123456789:AA${letter.repeat(33)}`;

const IMAGE = `sha256:${"1".repeat(64)}`;

/** A tenant that needs nothing else. */
export const tenant = (letter: string, more: object = {}) => ({
  model: "claude-opus-4-5",
  provider: { name: "anthropic", apiKey: `sk-ant-${letter.repeat(20)}` },
  telegram: { token: token(letter), allowFrom: ["123456789"] },
  ...more,
});

export const DISCORD_TOKEN = `${"a".repeat(26)}.${"b".repeat(6)}.${"c".repeat(38)}`;

/** Moltbot on Discord. */
export const moltbot: z.input<typeof moltbotSchema> = {
  model: "anthropic/claude-opus-5",
  providers: { anthropic: { apiKey: "sk-ant-moltbotmoltbot" } },
  ownerAllowFrom: ["discord:123456789012345678"],
  discord: { token: DISCORD_TOKEN, dmPolicy: "pairing" },
};

/** A complete config of the program `vultr`, with one tenant. */
export const config = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  host: {
    region: "ewr",
    hostname: "nest",
    generation: 1,
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ you@laptop"],
  },
  store: { bucket: "roost-test", root: Buffer.alloc(32, 7).toString("base64url") },
  images: {
    nanobot: `ghcr.io/owner/nanobot@${IMAGE}`,
    moltbotGateway: `ghcr.io/owner/moltbot-gateway@${IMAGE}`,
    moltbotSandbox: `ghcr.io/owner/moltbot-sandbox@${IMAGE}`,
    restic: `ghcr.io/owner/restic@${IMAGE}`,
  },
  tenants: { frontend: tenant("f") },
  ...more,
});

/** As Pulumi hands it over: one JSON text per key. */
export const asPulumi = (raw: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(raw).map(([key, value]) => [`roost:${key}`, JSON.stringify(value)]));
