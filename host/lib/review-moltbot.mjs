// Prints the tool calls of OpenClaw's sessions, one JSON object a line: {"at", "name", "arguments"}.
//
// usage: node --input-type=module - SINCE < review-moltbot.mjs      SINCE in seconds since 1970; in the gateway's container
//        reads agents/*/agent/openclaw-agent.sqlite below OPENCLAW_STATE_DIR, and changes nothing
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";

const since = Number(process.argv[2]) * 1000;
const agents = join(process.env.OPENCLAW_STATE_DIR, "agents");

for (const agent of existsSync(agents) ? readdirSync(agents) : []) {
  const file = join(agents, agent, "agent", "openclaw-agent.sqlite");
  if (existsSync(file)) for (const call of callsOf(file)) console.log(JSON.stringify(call));
}

function* callsOf(file) {
  const database = new DatabaseSync(file, { readOnly: true });
  // Older transcripts are compressed.
  const events = database.prepare(
    "SELECT event_json, event_zstd, created_at FROM transcript_events WHERE created_at >= ? ORDER BY created_at DESC LIMIT 20000",
  );
  for (const { event_json, event_zstd, created_at } of events.iterate(since)) {
    const event = JSON.parse(event_json ?? zstdDecompressSync(event_zstd).toString());
    const content = event.message?.content;
    for (const part of Array.isArray(content) ? content : []) {
      if (part?.type !== "toolCall") continue;
      yield {
        at: new Date(created_at).toISOString(),
        name: String(part.name),
        arguments: JSON.stringify(part.arguments ?? {}).slice(0, 300),
      };
    }
  }
  database.close();
}
