import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { Host } from "./support/host.ts";

const SESSION = "/var/lib/roost/state/frontend/data/sessions/1/telegram.jsonl";
const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3600_000).toISOString();
const id = (letter: string) => letter.repeat(64);

/** A tenant with a snapshot of two days, one of two hours and one of an hour ago. */
function reviewed(): Host {
  const host = new Host();
  host.tenant("frontend", { volumeMib: 512 });
  host.write(
    "/var/lib/roost/releases/r1/secrets/state.json",
    JSON.stringify({ endpoint: "http://127.0.0.1:9", bucket: "b", prefix: "p/", keyId: "id", key: "key" }),
  );
  host.write("/var/lib/roost/releases/r1/secrets/host-root", "A".repeat(43));
  const snapshot = (letter: string, hours: number, sequence: number) => ({
    id: id(letter),
    time: at(hours),
    paths: ["/var/lib/roost/state/frontend/staging/tree"],
    tags: ["roost", "generation=1", `sequence=${sequence}`, "kind=interval"],
  });
  host.standIn("snapshots", JSON.stringify([snapshot("a", 48, 1), snapshot("b", 2, 2), snapshot("c", 1, 3)]));
  host.standIn(
    "diff",
    [
      {
        message_type: "change",
        path: "/var/lib/roost/state/frontend/staging/tree/workspace/new\u001b]0;x\u0007.md",
        modifier: "+",
      },
      { message_type: "statistics", source_snapshot: "a" },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  );
  return host;
}

function session(host: Host, ...messages: object[]): void {
  host.write(
    SESSION,
    ['{"_type":"metadata","tool_calls":[]}', ...messages.map((message) => JSON.stringify(message))].join("\n"),
  );
  for (const path of [
    "/var/lib/roost/state/frontend/data/sessions",
    "/var/lib/roost/state/frontend/data/sessions/1",
    SESSION,
  ])
    host.give(path);
}

const call = (hours: number, name: string, argument: object) => ({
  role: "assistant",
  timestamp: at(hours).replace("Z", ""),
  tool_calls: [{ id: "1", type: "function", function: { name, arguments: JSON.stringify(argument) } }],
});

test("shows changed files, tool calls and who was let in, since a day ago", async () => {
  const host = reviewed();
  session(host, call(30, "exec", { command: "old" }), call(1, "exec", { command: "ls \u001b[2J" }));
  host.write("/var/lib/roost/health/access-frontend", "1000 + telegram:1 listed\n2100000000 + telegram:666 paired\n");

  const { code, out, err } = await host.run("roost", "review", "frontend");

  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual([
    "files, by the snapshots:",
    "  +  /workspace/new?]0;x?.md",
    "tools that it called:",
    expect.stringMatching(/^ {2}[\d-]{10}T[\d:]{8} {2}exec {2}\{"command":"ls \\u001b\[2J"\}$/),
    "who may talk to it:",
    "  2036-07-18T13:20:00Z + telegram:666 paired",
    "",
  ]);
  expect(host.calls()).toContain(`diff --json --no-lock ${id("a")} ${id("c")}`);
});

test("since a snapshot: compares that one with the last and shows the calls after it", async () => {
  const host = reviewed();
  session(host, call(3, "exec", { command: "before" }), call(1.5, "web_fetch", { url: "https://example.org" }));

  const { out } = await host.run("roost", "review", "frontend", "--since", "bbbbbbbb");

  expect(host.calls()).toContain(`diff --json --no-lock ${id("b")} ${id("c")}`);
  expect(out).toContain("web_fetch  ");
  expect(out).not.toContain("before");
});

test("a time that is none is a usage error", async () => {
  expect(await reviewed().run("roost", "review", "frontend", "--since", "yesteryear")).toMatchObject({ code: 2 });
});

test("a store that is down still shows the calls, and exits as its problem", async () => {
  const host = reviewed();
  rmSync(join(host.state, "snapshots"));
  session(host, call(1, "exec", { command: "ls" }));
  const { code, out } = await host.run("roost", "review", "frontend");

  expect(code).toBe(1);
  expect(out).toContain('exec  {"command":"ls"}');
});

test("a session that is a link is not read", async () => {
  const host = reviewed();
  session(host);
  host.write("/etc/other.jsonl", JSON.stringify(call(1, "exec", { command: "stolen" })));
  symlinkSync(join(host.root, "etc/other.jsonl"), join(host.root, SESSION.replace("telegram", "link")));

  expect((await host.run("roost", "review", "frontend")).out).not.toContain("stolen");
});

test("Moltbot's calls come from its database, compressed ones too", async () => {
  const host = reviewed();
  host.tenant("moltbot", {
    kind: "moltbot",
    container: "moltbot-gateway",
    service: "moltbot-gateway.service",
    volumeMib: 512,
  });
  const folder = join(host.state, "openclaw/agents/main/agent");
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "openclaw-agent.sqlite"));
  database.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT, created_at INTEGER, event_zstd BLOB)",
  );
  const event = (command: string) =>
    JSON.stringify({
      type: "message",
      message: { role: "assistant", content: [{ type: "toolCall", name: "exec", arguments: { command } }] },
    });
  const insert = database.prepare("INSERT INTO transcript_events VALUES ('s', ?, ?, ?, ?)");
  insert.run(1, event("old"), Date.now() - 30 * 3600_000, null);
  insert.run(2, event("plain"), Date.now() - 2000_000, null);
  insert.run(3, null, Date.now() - 1000_000, zstdCompressSync(event("packed")));

  const { out } = await host.run("roost", "review", "moltbot");
  database.close();

  expect(
    out
      .split("\n")
      .filter((line) => line.includes("exec"))
      .map((line) => line.slice(23)),
  ).toEqual(['exec  {"command":"plain"}', 'exec  {"command":"packed"}']);
});

test("health notes who is added to and who leaves the lists", async () => {
  const host = new Host();
  host.tenant("frontend", { allowFrom: { telegram: ["1", "2"] } });
  const note = () => host.library(["tenant", "pairing"], "mkdir -p $VAR/health; note_access frontend");
  await note();
  await note();
  host.tenant("frontend", { allowFrom: { telegram: ["2", "3"] } });
  await note();

  const changes = host.read("/var/lib/roost/health/access-frontend").trim().split("\n");
  expect(changes.map((line) => line.replace(/^\d+ /, ""))).toEqual([
    "+ telegram:1 listed",
    "+ telegram:2 listed",
    "+ telegram:3 listed",
    "- telegram:1 listed",
  ]);
});
