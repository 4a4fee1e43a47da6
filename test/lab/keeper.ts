/**
 * Keeps a stack's host up until SIGTERM: its store, its metadata service, its VM, and a socket for commands.
 *
 * Usage: node keeper.ts STACK FOLDER, by lab.sh, in the lab's network
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Guest } from "./support/guest.ts";
import { Metadata } from "./support/metadata.ts";
import { renderHost, stackConfig } from "./support/render.ts";
import { Store } from "./support/store.ts";

const [stack = "", folder = ""] = process.argv.slice(2);
const store = await Store.start();
let guest: Guest | undefined;
let metadata: Metadata | undefined;

process.once("SIGTERM", () => void end(0));
try {
  const host = await renderHost(stackConfig(stack), store, { stack });
  await store.deploy(host);
  metadata = await Metadata.start(host.userData);
  guest = await Guest.create(host.userData);
  const seconds = await guest.start();
  await serve(guest);
  writeFileSync(
    join(folder, "ready"),
    [
      `The host of ${stack} is up after ${seconds.toFixed(0)} s, with stand-ins for its secrets and its agents.`,
      "No port is open, as on a real one. Get in with: npm run lab -- run 'systemctl list-units --failed'",
      "End it with: npm run lab -- down\n",
    ].join("\n"),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await end(1);
}

/** Runs each request's body in the guest; the last line of the answer is the status. */
async function serve(vm: Guest): Promise<void> {
  const server = createServer((request, response) => {
    void text(request)
      .then((script) => vm.run(script, 600))
      .then(({ status, stdout, stderr }) => response.end(`${stdout}${stderr}\n${status}`))
      .catch((error: unknown) => response.end(`${String(error)}\n1`));
  });
  await new Promise<void>((listening) => server.listen(join(folder, "socket"), listening));
}

async function end(status: number): Promise<void> {
  await guest?.remove();
  await metadata?.remove();
  await store.remove();
  process.exit(status);
}
