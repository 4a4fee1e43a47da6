import { createHash } from "node:crypto";
import { z } from "zod";
import { Secret } from "./secret.ts";

/** `op://vault/item/field` or `op://vault/item/section/field`; without escapes, so that one place has one spelling. */
export const OP_REFERENCE = /^op:\/\/[^/?%\s][^/?%]*\/[^/?%]+(\/[^/?%]+){1,2}$/;

/** What a secret leaf of a schema is. */
export interface SecretKind {
  /** Names it in messages, such as `a Telegram bot token`. */
  readonly what: string;
  /** What the text must look like; the message says `shape`, never the text. */
  readonly pattern: RegExp;
  /** What the pattern cannot say. */
  readonly accepts?: (text: string) => boolean;
  /** The pattern in words, with an example that is no secret. */
  readonly shape: string;
  /** A stand-in of the right shape for previews, made from 40 hexadecimal digits that differ per config path. */
  readonly placeholder: (hex: string) => string;
  /** The channel whose account the secret opens: one account may have one poller. */
  readonly bot?: "telegram" | "discord";
}

/** By definition, which a schema shares with the copies that `describe` and its kin make of it. */
const kinds = new WeakMap<object, SecretKind>();

/** What people leave in a file until they have the real thing. */
const LEFT_IN =
  /^(|x+|\*+|\.+|changeme|change-me|todo|tbd|none|null|undefined|secret|token|password)$|your[-_ ]|^<.*>$|^\$\{|placeholder|replace[-_ ]?me|example[-_ ]?(token|key)|ABC-DEF1234/i;

/** A leaf that holds a secret or its `op://` reference; parses to a `Secret`. */
export function secretLeaf(kind: SecretKind): z.ZodType<Secret, string> {
  const leaf = z
    .string({ error: `must be ${kind.what} in quotes (${kind.shape}), got something that is no string` })
    .superRefine((text, context) => {
      const problem = secretProblem(kind, text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .transform((text) => new Secret(text));
  kinds.set(leaf._zod.def, kind);
  return leaf;
}

/** The kind of a schema that `secretLeaf` made, `undefined` for any other. */
export function secretKind(schema: z.core.$ZodType): SecretKind | undefined {
  return kinds.get(schema._zod.def);
}

/** The stand-in of a leaf at a config path: the right shape, the same at every run, different at every path. */
export function placeholderOf(kind: SecretKind, path: string): string {
  return kind.placeholder(createHash("sha256").update(path).digest("hex").slice(0, 40));
}

function secretProblem(kind: SecretKind, text: string): string | undefined {
  if (text.startsWith("op://")) {
    if (OP_REFERENCE.test(text)) return undefined;
    return "must be op://vault/item/field or op://vault/item/section/field, got a reference of another form";
  }
  if (LEFT_IN.test(text.trim())) return `must be ${kind.what}, got a placeholder that was left in`;
  if (text !== text.trim()) return `must be ${kind.what} without white space around it`;
  if (!kind.pattern.test(text) || kind.accepts?.(text) === false)
    return `must be ${kind.what} (${kind.shape}), got a text of another form`;
  return undefined;
}

const TELEGRAM_TOKEN = {
  what: "a Telegram bot token",
  pattern: /^\d{6,12}:[A-Za-z0-9_-]{30,50}$/,
  shape: "digits, a colon, about 35 letters, from @BotFather",
  placeholder: (hex: string) => `${1_000_000_000 + Number.parseInt(hex.slice(0, 7), 16)}:${hex.slice(5)}`,
};

/** Bot tokens as @BotFather gives them. */
export const telegramToken = (): z.ZodType<Secret, string> => secretLeaf({ ...TELEGRAM_TOKEN, bot: "telegram" });

/** The token of a bot that sends and never polls, so it takes no message from anybody. */
export const alertBotToken = (): z.ZodType<Secret, string> => secretLeaf(TELEGRAM_TOKEN);

/** Bot tokens of the Discord developer portal. */
export const discordToken = (): z.ZodType<Secret, string> =>
  secretLeaf({
    what: "a Discord bot token",
    pattern: /^[A-Za-z0-9_-]{20,40}\.[A-Za-z0-9_-]{4,10}\.[A-Za-z0-9_-]{20,60}$/,
    shape: "three parts with dots between, from the developer portal",
    placeholder: (hex) => `${hex.slice(0, 26)}.${hex.slice(26, 32)}.${hex.slice(2, 40)}`,
    bot: "discord",
  });

/** Secrets of apps of Feishu or Lark. */
export const feishuAppSecret = (): z.ZodType<Secret, string> =>
  secretLeaf({
    what: "a Feishu app secret",
    pattern: /^[A-Za-z0-9]{20,64}$/,
    shape: "about 32 letters and digits, from the app's Credentials & Basic Info",
    placeholder: (hex) => hex.slice(0, 32),
  });

/** Keys that encrypt a Feishu app's events; people may choose their own. */
export const feishuEncryptKey = (): z.ZodType<Secret, string> =>
  secretLeaf({
    what: "a Feishu encrypt key",
    pattern: /^[\x21-\x7e]{8,128}$/,
    shape: "8 to 128 characters without spaces, from the app's Events & Callbacks",
    placeholder: (hex) => hex.slice(0, 32),
  });

/** Tokens by which a Feishu app knows its events. */
export const feishuVerificationToken = (): z.ZodType<Secret, string> =>
  secretLeaf({
    what: "a Feishu verification token",
    pattern: /^[\x21-\x7e]{8,128}$/,
    shape: "8 to 128 characters without spaces, from the app's Events & Callbacks",
    placeholder: (hex) => hex.slice(0, 32),
  });

/** Key of a model provider. */
export const modelKey = (): z.ZodType<Secret, string> =>
  secretLeaf({
    what: "a model provider's API key",
    pattern: /^[\x21-\x7e]{8,512}$/,
    shape: "8 to 512 characters without spaces",
    placeholder: (hex) => `preview-${hex}`,
  });
