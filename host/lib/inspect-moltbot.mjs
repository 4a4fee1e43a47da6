// Reads a restored state inside OpenClaw's image, as the gateway's user, without network.
//
// usage: node --input-type=module - FOLDER [DATABASE...] < inspect-moltbot.mjs     DATABASE below FOLDER
//        prints {"jsonl", "databases"}: how many files of each kind were read
// exit:  1 and one line when a session, a database or the config cannot be used
import { spawnSync } from "node:child_process";
import { createReadStream, lstatSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

const [folder, ...databases] = process.argv.slice(2);
const agents = join(folder, "openclaw/agents");
const counts = { jsonl: 0, databases: 0 };

for (const entry of isThere(agents) ? readdirSync(agents, { recursive: true, withFileTypes: true }) : []) {
  // What is no regular file is not opened: a FIFO would wait for ever.
  if (!entry.isFile() || !entry.name.endsWith(".jsonl")) continue;
  await checkLines(join(entry.parentPath, entry.name));
  counts.jsonl += 1;
}
for (const path of databases.map((name) => join(folder, name))) {
  if (!isThere(path) || !lstatSync(path).isFile()) continue;
  checkDatabase(path);
  counts.databases += 1;
}
const config = spawnSync("openclaw", ["config", "validate"], { encoding: "utf8" });
if (config.status !== 0) refuse("openclaw.json does not validate: openclaw config validate says why");
console.log(JSON.stringify(counts));

function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

async function checkLines(path) {
  let number = 0;
  let broken = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number += 1;
    // A pause may have come in the middle of the last write: only what another line follows counts.
    if (broken > 0) refuse(`${relative(folder, path)}: line ${broken} is not JSON`);
    if (line.trim() !== "" && !parses(line)) broken = number;
  }
}

function parses(line) {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

function checkDatabase(path) {
  let found;
  try {
    // Writable: the scratch copy's -wal is to be played back.
    found = new DatabaseSync(path).prepare("PRAGMA integrity_check").get().integrity_check;
  } catch (error) {
    found = String(error.message);
  }
  if (found !== "ok") refuse(`${relative(folder, path)}: ${found.split("\n")[0]}`);
}

function refuse(line) {
  console.log(line);
  process.exit(1);
}
