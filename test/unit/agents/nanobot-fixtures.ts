import type { z } from "zod";
import { type NanobotArgs, nanobotSchema } from "../../../agents/nanobot-schema.ts";

export const TELEGRAM_TOKEN = "1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
export const DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB";
export const FEISHU_APP = "cli_a1b2c3d4e5f6a7b8";
export const FEISHU_SECRET = "abcdefghijklmnopqrstuvwxyz012345";
export const FEISHU_ENCRYPT_KEY = "kq7Wn2xV9pTzR4";
export const FEISHU_VERIFICATION_TOKEN = "v8Gh3Lm6Qs1Yc5";
export const FEISHU_USER = "ou_7dede290d6a27698b969a7fd70ca53da";
export const MODEL_KEY = "sk-ant-api03-0123456789abcdef";

/** The least that a tenant needs. */
export const tenant = {
  telegram: { token: TELEGRAM_TOKEN, allowFrom: ["123456789"] },
  provider: { name: "anthropic", apiKey: MODEL_KEY },
  model: "claude-opus-4-5",
};

/** The least of the channels that the tenant does not have. */
export const discord = { token: DISCORD_TOKEN, allowFrom: ["12345678901234567"] };
export const whatsapp = { allowFrom: ["491701234567"] };
export const feishu = { appId: FEISHU_APP, appSecret: FEISHU_SECRET, allowFrom: [FEISHU_USER] };

/** A tenant in which nothing is left to its default. */
export const everything = {
  telegram: {
    token: TELEGRAM_TOKEN,
    allowFrom: ["123456789", "987654321"],
    groupPolicy: "open",
    proxy: "socks5://10.0.0.9:1080",
  },
  discord: { ...discord, allowChannels: ["76543210987654321"], groupPolicy: "open" },
  feishu: {
    ...feishu,
    domain: "lark",
    encryptKey: FEISHU_ENCRYPT_KEY,
    verificationToken: FEISHU_VERIFICATION_TOKEN,
    groupPolicy: "open",
  },
  provider: { name: "vllm", apiKey: MODEL_KEY, apiBase: "http://10.0.0.5:8000/v1" },
  model: "qwen3",
  temperature: 0.7,
  maxTokens: 4096,
  contextWindowTokens: 32_768,
  maxToolIterations: 20,
  timezone: "Europe/Berlin",
  exec: { enable: true, timeoutSeconds: 120 },
  heartbeat: true,
  dream: true,
  sharedSessions: true,
  cpus: 2,
  memoryMib: 2048,
  volumeMib: 4096,
  backupEveryMinutes: 15,
  egress: ["10.0.0.5:8000", "10.0.0.9:1080"],
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
