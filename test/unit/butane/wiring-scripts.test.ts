import { expect, test } from "vitest";
import { file, parseHost } from "./rendered-host.ts";

/** The lines of a script that call a command, as a host has it. */
const calls = (script: string, command: string) =>
  file(parseHost(), `/usr/local/bin/${script}`)
    .text.split("\n")
    .filter((line) => line.includes(command) && !line.startsWith("#"))
    .map((line) => line.trim());

test("the rebase goes to the named image by a transport that checks its signature, and by no other", () => {
  expect(calls("roost-rebase", "rpm-ostree")).toEqual([
    'if timeout "$((limit - SECONDS))" rpm-ostree rebase --bypass-driver "ostree-image-signed:docker://$image"; then',
  ]);
});

test("the join lets the tailnet's policy decide over SSH, and reads its key from the file", () => {
  expect(calls("roost-tailnet", "tailscale up")).toEqual([
    'tailscale up --ssh --hostname="$(</etc/hostname)" --auth-key="file:$key" --timeout=60s',
  ]);
});
