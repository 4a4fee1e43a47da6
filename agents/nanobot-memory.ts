import type { NanobotArgs } from "./nanobot-schema.ts";

/** Resident set of nanobot-ai 0.3.5 after five chats was 149 MB, idle 125 MB (measured, Python 3.11, x86-64). */
const BASE_MIB = 150;

/** What a channel's library adds, idle and without a connection: WhatsApp 46 MB, Feishu 146 MB (measured likewise). */
const CHANNEL_MIB = { whatsapp: 50, feishu: 150 } as const;

/** Below it a long answer or a document would meet the limit. */
const HEADROOM_MIB = 100;

/** What one agent is expected to use, in MiB. */
export function expectedMemoryMib({ whatsapp, feishu }: NanobotArgs): number {
  return (
    BASE_MIB + (whatsapp === undefined ? 0 : CHANNEL_MIB.whatsapp) + (feishu === undefined ? 0 : CHANNEL_MIB.feishu)
  );
}

/** The least limit under which the agent works, in MiB. */
export function leastMemoryMib(args: NanobotArgs): number {
  return expectedMemoryMib(args) + HEADROOM_MIB;
}
