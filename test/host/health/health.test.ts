import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Host } from "./support/host.ts";
import { Web } from "./support/web.ts";

const TOKEN = "100:AbCdEfGh";

/** A host with one Telegram tenant, a Bot API with `pending` updates, and a webhook that answers `hook`. */
async function heard(state: { pending: number; api?: number; hook?: number; url?: string }) {
  const host = new Host();
  host.tenant("frontend", { channels: [{ kind: "telegram", secret: "frontend-telegram" }] });
  host.standIn("secrets/frontend-telegram", TOKEN);
  const api = new Web(({ path }) =>
    path === `/bot${TOKEN}/getWebhookInfo`
      ? {
          code: state.api ?? 200,
          body: JSON.stringify({ ok: true, result: { url: state.url ?? "", pending_update_count: state.pending } }),
        }
      : { code: 404, body: '{"ok":false}' },
  );
  const hook = new Web(() => ({ code: state.hook ?? 200, body: "" }));
  host.environment["ROOST_TELEGRAM_API"] = await api.listen();
  const address = `${await hook.listen()}/secret-path`;
  host.write("/var/lib/roost/releases/r1/secrets/alerts.json", JSON.stringify({ webhook: address }));
  const messages = () => hook.requests.map(({ body }) => (JSON.parse(body) as { text: string }).text);
  return { host, api, messages };
}

test("a healthy host says nothing and exits 0", async () => {
  const { host, messages } = await heard({ pending: 0 });

  expect(await host.run("roost-health")).toEqual({ code: 0, out: "", err: "" });
  expect(messages()).toEqual([]);
  expect(host.status()["health"]).toMatchObject({ healthy: true, problems: {} });
});

test("a deaf channel is told once after its minutes, and its recovery once", async () => {
  const state = { pending: 3 };
  const { host, messages } = await heard(state);

  expect((await host.run("roost-health")).code).toBe(0);
  host.pass(9);
  expect((await host.run("roost-health")).code).toBe(0);
  expect(messages()).toEqual([]);
  host.pass(1);
  expect((await host.run("roost-health")).code).toBe(1);
  await host.run("roost-health");
  state.pending = 0;
  await host.run("roost-health");
  await host.run("roost-health");

  const text = "vultr.test/bird: channel-deaf frontend: 3 Telegram messages wait and the agent does not fetch them";
  expect(messages()).toEqual([`ALERT ${text}`, `RECOVERED ${text}`]);
});

test("asking a channel fetches no message", async () => {
  const { host, api } = await heard({ pending: 3 });

  await host.run("roost-health");

  expect(api.requests.map(({ path }) => path)).toEqual([`/bot${TOKEN}/getWebhookInfo`]);
});

test("a refused token is named and not printed", async () => {
  const { host, messages } = await heard({ pending: 0, api: 401 });

  await host.run("roost-health");
  host.pass(2);
  const result = await host.run("roost-health");

  expect(messages()).toEqual([
    "ALERT vultr.test/bird: channel-auth frontend: Telegram refuses the token (HTTP 401): it was revoked or is another bot's",
  ]);
  expect(`${result.err}${host.calls()}`).not.toContain(TOKEN);
});

test("a second poller is named from the agent's log", async () => {
  const { host, messages } = await heard({ pending: 0 });
  host.standIn(
    "journal/nanobot-frontend",
    "telegram.error.Conflict: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  );

  await host.run("roost-health");

  expect(messages()).toEqual([
    "ALERT vultr.test/bird: channel-conflict frontend: another poller holds this Telegram token (409), so messages get lost between the two",
  ]);
});

test("a dead alert path shows in status, and tells what it missed when it answers again", async () => {
  const state = { pending: 0, hook: 500 };
  const { host, messages } = await heard(state);
  host.standIn("units/nanobot@frontend.service", "failed 0");
  await host.run("roost-health");
  host.pass(2);

  await host.run("roost-health");
  expect((await host.run("roost", "status")).out).toContain("alerts    webhook: DEAD since ");
  expect(host.status()["alerts"]).toMatchObject({ webhook: { alive: false, error: "HTTP 500" } });
  state.hook = 200;
  await host.run("roost-health");
  await host.run("roost-health");

  const text =
    "ALERT vultr.test/bird: unit frontend: nanobot@frontend.service is failed: `roost logs frontend` says why";
  expect(messages()).toEqual([text, text]);
  expect(host.status()["alerts"]).toMatchObject({ webhook: { alive: true, error: "" } });
});

const restarts = (host: Host) =>
  host
    .calls()
    .split("\n")
    .filter((call) => call.startsWith("systemctl restart"));

test("an unhealthy agent is restarted three times within an hour, and then the owner is told", async () => {
  const { host, messages } = await heard({ pending: 0 });
  host.standIn("containers/nanobot-frontend", "unhealthy");

  for (let run = 0; run < 5; run++) await host.run("roost-health");

  expect(restarts(host)).toEqual(Array<string>(3).fill("systemctl restart --no-block nanobot@frontend.service"));
  expect(messages()).toEqual([
    "ALERT vultr.test/bird: restarts-used-up frontend: still unhealthy after 3 restarts within the hour: `roost logs frontend` says why",
  ]);
});

test.each(["paused", "starting", "healthy"])("an agent that is %s is not restarted", async (health) => {
  const { host } = await heard({ pending: 0 });
  host.standIn("containers/nanobot-frontend", health);

  await host.run("roost-health");

  expect(restarts(host)).toEqual([]);
});

test("an unhealthy agent is not restarted while its data is copied or replaced", async () => {
  const { host } = await heard({ pending: 0 });
  host.standIn("containers/nanobot-frontend", "unhealthy");

  await host.library(
    [],
    `mkdir -p "$RUN"; exec 7>>"$RUN/state-frontend.lock"; flock 7; bash "$REPOSITORY/host/roost-health" || true`,
  );
  expect(restarts(host)).toEqual([]);
  await host.run("roost-health");
  expect(restarts(host).length).toBe(1);
});

test("an agent stopped by hand is no problem", async () => {
  const { host } = await heard({ pending: 5 });
  host.standIn("units/nanobot@frontend.service", "inactive 0");
  host.write("/var/lib/roost/stopped/frontend", "");

  expect((await host.run("roost-health")).code).toBe(0);
});

test("a drained host checks nothing", async () => {
  const { host, api } = await heard({ pending: 5 });
  host.write("/var/lib/roost/drained", "");

  expect((await host.run("roost-health")).code).toBe(3);
  expect(api.requests).toEqual([]);
});

test("a host still on Fedora CoreOS, a tailnet that is down, a failed release and a late snapshot are named", async () => {
  const { host } = await heard({ pending: 0 });
  host.write("/etc/os-release", "ID=fedora\nVARIANT_ID=coreos\n");
  host.standIn("tailscale", JSON.stringify({ BackendState: "NeedsLogin" }));
  host.write(
    "/var/lib/roost/status.json",
    JSON.stringify({
      release: { outcome: "refused", reason: "truncated" },
      workloads: { frontend: { backup: { outcome: "uploaded", at: "2020-01-01T00:00:00Z" } } },
    }),
  );

  await host.run("roost-health");

  expect((host.status()["health"] as { watched: string[] }).watched).toEqual([
    "gate:host",
    "release:host",
    "snapshot-age:frontend",
    "tailnet:host",
  ]);
});

const paired = (id: string) =>
  `paired frontend telegram ${id}: let in by pairing and not on the allow list: restart the agent, which removes it, or add it to allowFrom`;

test("people let in by pairing are named, and a hostile store can print nothing but ids", async () => {
  const { host, messages } = await heard({ pending: 0 });
  const file = "/var/lib/roost/state/frontend/data/pairing.json";
  host.write(file, JSON.stringify({ approved: { telegram: ["123", "666", "1\nALERT forged"] } }));
  host.give(file);

  await host.run("roost-health");

  expect(messages()).toEqual([`ALERT vultr.test/bird: ${paired("666")}\nALERT vultr.test/bird: ${paired("?")}`]);
});

test("a second person who was let in by pairing is told too", async () => {
  const { host, messages } = await heard({ pending: 0 });
  const file = "/var/lib/roost/state/frontend/data/pairing.json";
  const letIn = (...ids: string[]) => {
    host.write(file, JSON.stringify({ approved: { telegram: ids } }));
    host.give(file);
  };

  letIn("666");
  await host.run("roost-health");
  letIn("666", "777");
  await host.run("roost-health");

  expect(messages()).toEqual([`ALERT vultr.test/bird: ${paired("666")}`, `ALERT vultr.test/bird: ${paired("777")}`]);
});

test("the same trouble of two channels of an agent is told as one problem that names both", async () => {
  const { host } = await heard({ pending: 0 });
  host.tenant("frontend", {
    channels: [
      { kind: "telegram", secret: "gone" },
      { kind: "discord", secret: "gone-too" },
    ],
  });

  await host.run("roost-health");
  host.pass(2);
  await host.run("roost-health");

  expect((host.status()["health"] as { problems: object }).problems).toEqual({
    "channel-auth:frontend":
      "channel-auth frontend: Discord's token is missing or no token: is the secret gone-too in the release?; frontend: Telegram's token is missing or no token: is the secret gone in the release?",
  });
});

test("problems of a host without any alert path stay visible", async () => {
  const host = new Host();
  host.tenant("frontend");
  host.standIn("units/nanobot@frontend.service", "failed 0");
  await host.run("roost-health");
  host.pass(2);

  expect(await host.run("roost-health")).toMatchObject({
    code: 1,
    err: "roost-health: unit frontend: nanobot@frontend.service is failed: `roost logs frontend` says why\n",
  });
  expect((await host.run("roost", "status")).out).toContain("NOT SET UP");
  expect(existsSync(`${host.root}/var/lib/roost/alerts.json`)).toBe(true);
});
