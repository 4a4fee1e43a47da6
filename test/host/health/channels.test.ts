import { expect, test } from "vitest";
import { Host } from "./support/host.ts";
import { Web } from "./support/web.ts";

const PARTS = ["tenant", "pairing", "restic", "deployment", "probe", "checks", "checks-agent"];
const TELEGRAM = "100:AbCdEfGh";
const DISCORD = "MTA.GhIjKl.MnOp-Qr_s";

async function probe(
  kind: "telegram" | "discord",
  answer: { code: number; body: string },
  fields: Record<string, unknown> = {},
) {
  const host = new Host();
  host.tenant("frontend", { channels: [{ kind, secret: "token" }], ...fields });
  host.standIn("secrets/token", kind === "telegram" ? TELEGRAM : DISCORD);
  const api = new Web(() => answer);
  host.environment[kind === "telegram" ? "ROOST_TELEGRAM_API" : "ROOST_DISCORD_API"] = await api.listen();
  const run = async () => {
    const { out, err } = await host.library(PARTS, "check_channels frontend");
    expect(`${out}${err}${host.calls()}`).not.toContain(kind === "telegram" ? TELEGRAM : DISCORD);
    return out.trimEnd();
  };
  return { host, api, run };
}

const telegram = (result: object) => ({ code: 200, body: JSON.stringify({ ok: true, result }) });

test.each([
  ["nothing waits", telegram({ url: "", pending_update_count: 0 }), ""],
  [
    "messages wait",
    telegram({ url: "", pending_update_count: 2 }),
    "channel-deaf frontend: 2 Telegram messages wait and the agent does not fetch them",
  ],
  [
    "a webhook is set",
    telegram({ url: "https://other.example", pending_update_count: 2 }),
    "channel-conflict frontend: another program set a webhook for this Telegram bot, so the agent hears nothing",
  ],
  [
    "the token is refused",
    { code: 401, body: '{"ok":false}' },
    "channel-auth frontend: Telegram refuses the token (HTTP 401): it was revoked or is another bot's",
  ],
  ["Telegram is broken", { code: 502, body: "" }, "channel-unreachable frontend: Telegram does not answer (HTTP 502)"],
  ["the answer is nonsense", { code: 200, body: "<html>" }, "channel-unreachable frontend: Telegram answers nonsense"],
])("Telegram: %s", async (_, answer, expected) => {
  const { run } = await probe("telegram", answer);

  expect(await run()).toBe(expected);
});

test("Telegram: nobody listens at its address", async () => {
  const { host, run } = await probe("telegram", telegram({}));
  host.environment["ROOST_TELEGRAM_API"] = "http://127.0.0.1:9";

  expect(await run()).toBe("channel-unreachable frontend: Telegram does not answer (HTTP 000)");
});

test.each([
  [200, ""],
  [401, "channel-auth frontend: Discord refuses the token (HTTP 401): it was reset"],
  [500, "channel-unreachable frontend: Discord does not answer (HTTP 500)"],
])("Discord answers %i, and only its own account is asked for", async (code, expected) => {
  const { api, run } = await probe("discord", { code, body: "{}" });

  expect(await run()).toBe(expected);
  expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /users/@me"]);
});

test.each([
  ["gave up when it started", "Starting client via discord.py...\nclient startup failed", true],
  ["connected", "client startup failed\nbot connected as user 7", false],
])("Discord: nanobot's client that %s", async (_, log, deaf) => {
  const { host, run } = await probe("discord", { code: 200, body: "{}" });
  host.standIn("journal/nanobot-frontend", log);

  expect(await run()).toBe(
    deaf
      ? "channel-deaf frontend: its Discord client gave up when it started: `roost logs frontend` says why (are the bot's intents on?)"
      : "",
  );
});

test("a secret that is no token is not sent anywhere", async () => {
  const { host, api, run } = await probe("telegram", telegram({}));
  host.standIn("secrets/token", 'evil"\nurl = "http://elsewhere');

  expect(await run()).toBe(
    "channel-auth frontend: Telegram's token is missing or no token: is the secret token in the release?",
  );
  expect(api.requests).toEqual([]);
});

test.each([
  ['{"ready":true}', ""],
  [
    '{"ready":false,"failing":["discord"]}',
    "channel-deaf moltbot: the gateway says it is not ready, failing is discord: `sudo moltbot channels status` says more",
  ],
  [undefined, "channel-unreachable moltbot: the gateway does not answer /readyz"],
])("the gateway of Moltbot answers %s", async (answer, expected) => {
  const host = new Host();
  host.tenant("moltbot", { kind: "moltbot", container: "moltbot-gateway" });
  if (answer !== undefined) host.standIn("readyz", answer);

  expect((await host.library(PARTS, "check_channels moltbot")).out.trimEnd()).toBe(expected);
});

test("an agent that does not run is not asked about its channels", async () => {
  const { host, api, run } = await probe("telegram", telegram({}));
  host.standIn("units/nanobot@frontend.service", "inactive 0");

  expect(await run()).toBe("");
  expect(api.requests).toEqual([]);
});
