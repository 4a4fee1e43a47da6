import { expect, test } from "vitest";
import { Host } from "./support/host.ts";

const QR = ["█▀▀▀▀▀█ ▄ █", "█ ███ █ ▀▄▀"];

function agent(enabled: boolean, log: string): Host {
  const host = new Host();
  host.tenant("frontend");
  host.write(
    "/etc/roost/releases/r1/workloads/frontend/config.json",
    JSON.stringify({ channels: { whatsapp: { enabled } } }),
  );
  host.standIn("journal/nanobot-frontend", log);
  return host;
}

test("restarts the agent and shows the code, and nothing else of its log, until it is linked", async () => {
  const log = [
    "secret line",
    "Scan the WhatsApp QR code with Linked Devices",
    ...QR,
    "INFO WhatsApp connected",
    "later",
  ];
  const host = agent(true, log.join("\n"));

  expect(await host.run("roost", "login", "frontend", "whatsapp")).toEqual({
    code: 0,
    out: `\nWhatsApp > Linked devices > Link a device:\n${QR.join("\n")}\n`,
    err: "login: frontend: linked\n",
  });
  expect(host.calls()).toContain("systemctl restart nanobot@frontend.service");
});

test("a code that nobody scans in time is a failure", async () => {
  const host = agent(true, QR.join("\n"));

  expect(await host.run("roost", "login", "frontend", "whatsapp")).toMatchObject({ code: 1 });
});

test("an agent without WhatsApp is not restarted", async () => {
  const host = agent(false, "");

  expect(await host.run("roost", "login", "frontend", "whatsapp")).toMatchObject({ code: 3 });
  expect(host.calls()).not.toContain("restart");
});

test.each([[["frontend"]], [["frontend", "telegram"]], [["ghost", "whatsapp"]]])(
  "login %j is a usage error",
  async (args) => {
    expect(await agent(true, "").run("roost", "login", ...args)).toMatchObject({ code: 2 });
  },
);
