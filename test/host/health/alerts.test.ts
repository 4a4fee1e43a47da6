import { expect, test } from "vitest";
import { Host } from "./support/host.ts";
import { Web } from "./support/web.ts";

const PROBLEM = { "disk:host": "disk host: full" };

/** A host whose alerts go by these paths to a server that answers as `codes` says by the first part of a path. */
async function alerted(
  paths: readonly ("webhook" | "ntfy" | "ping" | "telegram")[],
  codes: Record<string, number> = {},
) {
  const host = new Host();
  const web = new Web(({ path }) => ({ code: codes[path.split("/")[1] ?? ""] ?? 200, body: "" }));
  const address = await web.listen();
  host.environment["ROOST_TELEGRAM_API"] = address;
  const all = {
    webhook: `${address}/webhook/secret`,
    ntfy: `${address}/ntfy/secret`,
    ping: `${address}/ping/secret`,
    telegram: { token: "1:secret", chat: "-100" },
  };
  const secrets = Object.fromEntries(Object.entries(all).filter(([name]) => paths.some((path) => path === name)));
  host.write("/var/lib/roost/releases/r1/secrets/alerts.json", JSON.stringify(secrets));
  const deliver = async (problems: object) => {
    const { code, out, err } = await host.library(["alert"], `alerts_deliver '${JSON.stringify(problems)}'`);
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: "" });
    return web.requests.splice(0).map(({ method, path, body }) => ({ method, path, body }));
  };
  return { host, codes, deliver };
}

test("the webhook gets what Slack and Discord show, and every problem by its key", async () => {
  const { deliver } = await alerted(["webhook"]);

  const [request] = await deliver(PROBLEM);
  const text = "ALERT vultr.test/bird: disk host: full";
  expect(request).toMatchObject({ method: "POST", path: "/webhook/secret" });
  expect(JSON.parse(request?.body ?? "")).toEqual({ text, content: text, problems: PROBLEM });
});

test("ntfy gets plain text", async () => {
  const { deliver } = await alerted(["ntfy"]);

  expect(await deliver(PROBLEM)).toEqual([
    { method: "POST", path: "/ntfy/secret", body: "ALERT vultr.test/bird: disk host: full" },
  ]);
});

test("the alert bot writes to its chat", async () => {
  const { deliver } = await alerted(["telegram"]);

  const [request] = await deliver(PROBLEM);
  expect(request).toMatchObject({ method: "POST", path: "/bot1:secret/sendMessage" });
  expect(JSON.parse(request?.body ?? "")).toEqual({ chat_id: "-100", text: "ALERT vultr.test/bird: disk host: full" });
});

test("the ping is called at every run, and at its failure address while something is wrong", async () => {
  const { deliver } = await alerted(["ping"]);

  expect(await deliver({})).toEqual([{ method: "POST", path: "/ping/secret", body: "" }]);
  expect(await deliver(PROBLEM)).toEqual([{ method: "POST", path: "/ping/secret/fail", body: "disk host: full" }]);
  expect(await deliver(PROBLEM)).toHaveLength(1);
});

test("each path remembers for itself: the one that was down tells later what the other told before", async () => {
  const { host, codes, deliver } = await alerted(["webhook", "ntfy"], { ntfy: 503 });

  expect((await deliver(PROBLEM)).map(({ path }) => path)).toEqual(["/webhook/secret", "/ntfy/secret"]);
  expect(host.status()["alerts"]).toMatchObject({
    webhook: { alive: true },
    ntfy: { alive: false, error: "HTTP 503" },
  });
  codes["ntfy"] = 200;
  expect((await deliver(PROBLEM)).map(({ path }) => path)).toEqual(["/ntfy/secret"]);
  expect(await deliver(PROBLEM)).toEqual([]);
  expect((await deliver({})).map(({ path }) => path)).toEqual(["/webhook/secret", "/ntfy/secret"]);
});

test("a long list stays within what Discord takes and says how many are left out", async () => {
  const { deliver } = await alerted(["webhook"]);
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`unit:${n}`, `unit ${n}: ${"x".repeat(80)}`]));

  const [request] = await deliver(many);
  const { text } = JSON.parse(request?.body ?? "") as { text: string };
  expect(text.length).toBeLessThan(2000);
  expect(text).toMatch(/\n\.\.\. and \d+ more: roost status$/);
});

test("a path whose address is none, or that nobody answers, is dead, and its address is never shown", async () => {
  const { host, deliver } = await alerted([]);
  for (const [address, error] of [
    ['http://x/"secret', "its address is no URL"],
    ["http://127.0.0.1:9/secret", "no answer (curl 7)"],
  ]) {
    host.write("/var/lib/roost/releases/r1/secrets/alerts.json", JSON.stringify({ webhook: address }));
    await deliver(PROBLEM);
    expect(host.status()["alerts"]).toMatchObject({ webhook: { alive: false, error } });
    expect(JSON.stringify(host.status())).not.toContain("secret");
  }
});

test("a memory that a power cut cut short tells everything once more", async () => {
  const { host, deliver } = await alerted(["ntfy"]);
  await deliver(PROBLEM);
  host.write("/var/lib/roost/alerts.json", '{"ntfy": {"to');

  expect(await deliver(PROBLEM)).toHaveLength(1);
  expect(await deliver(PROBLEM)).toEqual([]);
});
