import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { breakGlassRule, egressRules } from "../../../butane/firewall.ts";

const RULES = join(import.meta.dirname, "../../../butane/files/firewall.nft");

/** What passes the host's rules and these of a release, by who and whereto. */
async function reached(release: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "roost-firewall-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(release)) writeFileSync(join(folder, name), text);
  const { stdout } = await promisify(execFile)(
    "unshare",
    ["--net", "--mount", "bash", join(import.meta.dirname, "traffic.sh"), RULES, folder],
    { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE: process.execPath } },
  );
  return stdout
    .split("\n")
    .filter((line) => line.endsWith(" yes"))
    .map((line) => line.slice(0, -" yes".length));
}

const ALWAYS = [
  "container 203.0.113.5:80",
  "container 10.89.0.1:53",
  "moltbot 203.0.113.5:80",
  "moltbot 127.0.0.1:53",
  "root 10.20.0.6:80",
  "root 169.254.169.254:80",
  "daemon 10.20.0.6:80",
];

test("agents reach the public internet and their name server, and neither the host, private networks nor metadata", async () => {
  expect((await reached({})).toSorted()).toEqual(ALWAYS.toSorted());
});

test("an exception opens its address and port to agents, and break glass opens SSH alone", async () => {
  const release = {
    "egress.nft": egressRules(["10.20.0.5:8000"]),
    "break-glass.nft": breakGlassRule("198.51.100.0/24"),
  };

  expect((await reached(release)).toSorted()).toEqual(
    [...ALWAYS, "container 10.20.0.5:8000", "moltbot 10.20.0.5:8000", "outside 198.51.100.1:22"].toSorted(),
  );
});
