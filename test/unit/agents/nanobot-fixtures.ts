import type { z } from "zod";
import { type NanobotArgs, nanobotSchema } from "../../../agents/nanobot-schema.ts";

export const TELEGRAM_TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
export const DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB";
export const MODEL_KEY = "sk-ant-api03-0123456789abcdef";

/** The least that a tenant needs. */
export const tenant = {
  telegram: { token: TELEGRAM_TOKEN, allowFrom: ["123456789"] },
  provider: { name: "anthropic", apiKey: MODEL_KEY },
  model: "claude-opus-4-5",
};

/** The tenant with other keys, checked. */
export function args(changes: Readonly<Record<string, unknown>> = {}): NanobotArgs {
  return nanobotSchema.parse({ ...tenant, ...changes });
}

/** Every problem of a schema, as a person reads it: path and message. */
export function problemsOf(schema: z.ZodType, raw: unknown): string[] {
  const parsed = schema.safeParse(raw);
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
}
