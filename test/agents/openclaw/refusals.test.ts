import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type MountedSecret, renderedContainer } from "../support/rendered.ts";

const SCRIPT = join(import.meta.dirname, "../support/container.sh");
const ENTRY_POINT = readFileSync(
  join(import.meta.dirname, "../../../images/moltbot-gateway/moltbot-entrypoint"),
  "utf8",
);
const VAULT_TOKEN = "/var/lib/roost/state/moltbot/data/openclaw/credentials/onepassword/service-account-token";

/** Runs the image's entry point on the rendered Moltbot example, with its secrets changed; its command prints a word. */
async function start(change: (secrets: readonly MountedSecret[]) => readonly MountedSecret[]) {
  const folder = mkdtempSync(join(tmpdir(), "roost-refusals-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { environment, files, secrets } = await renderedContainer("moltbot", "moltbot", folder);
  const over = (path: string, text: string, mode = 0o644, uid = 0): void => {
    const file = join(folder, "over", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    chownSync(file, uid, uid);
  };
  over("/opt/moltbot/moltbot-entrypoint", ENTRY_POINT);
  over("/opt/moltbot/npm/index-v5/entry", "");
  over("/etc/openclaw/openclaw.json", files["openclaw.json"] ?? "");
  for (const { path, value, mode, uid } of change(secrets)) over(path, value, mode, uid);
  const options = ["--tmpfs", "/tmp:mode=1777", "--user", "1000"];
  const program = ["sh", "/opt/moltbot/moltbot-entrypoint", "echo", "started"];
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--net", "bash", SCRIPT, ...options, "/", join(folder, "over"), "--", ...program],
    { encoding: "utf8", env: { PATH: process.env["PATH"], ...environment, NPM_CONFIG_CACHE: "/tmp/npm" } },
  );
  return { status, stdout, stderr };
}

/** All secrets, one of them changed. */
const changed =
  (path: string, change: Partial<MountedSecret>) =>
  (secrets: readonly MountedSecret[]): MountedSecret[] =>
    secrets.map((secret) => (secret.path === path ? { ...secret, ...change } : secret));

const TOKEN = "/run/secrets/discord-token";

test("the entry point of the gateway starts its command when every secret is as the quadlet mounts it", async () => {
  expect(await start((secrets) => secrets)).toEqual({ status: 0, stdout: "started\n", stderr: "" });
});

test.each([
  ["an empty token", changed(TOKEN, { value: " \n" }), `${TOKEN}: is empty: store the secret again`],
  [
    "a token that everybody can read",
    changed(TOKEN, { mode: 0o444 }),
    `${TOKEN}: must be readable by uid 1000 alone: mount it with uid=1000,mode=0400`,
  ],
  [
    "a token of another user",
    changed(TOKEN, { uid: 0 }),
    `${TOKEN}: must be readable by uid 1000 alone: mount it with uid=1000,mode=0400`,
  ],
  [
    "a vault token that its group can read",
    changed(VAULT_TOKEN, { mode: 0o640 }),
    `${VAULT_TOKEN}: must be readable by uid 1000 alone: mount it with uid=1000,mode=0400`,
  ],
  [
    "every secret that is missing, all at once",
    (secrets: readonly MountedSecret[]) => secrets.filter(({ path }) => path !== TOKEN && path !== VAULT_TOKEN),
    [TOKEN, VAULT_TOKEN]
      .map((path) => `${path}: is missing, and openclaw.json needs it: mount the secret with this target`)
      .join("; "),
  ],
])("the entry point of the gateway refuses %s in one line, and starts nothing", async (_, change, line) => {
  expect(await start(change)).toEqual({ status: 78, stdout: "", stderr: `moltbot: ${line}\n` });
});
