import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ENVIRONMENT, machine } from "./stand-ins.ts";

const ENTRY = join(import.meta.dirname, "../../../../tools/deploy.ts");

/** Ends as Pulumi does: after an interruption it still has to write its state. */
const SLOW_PULUMI = `#!/bin/bash
here=\${0%/*}
[ "$1" = version ] && { echo v3.259.0; exit; }
[ "$1" = stack ] && { echo '{"deployment":{}}'; exit; }
trap 'sleep 0.2; echo >"$here/saved"; exit 3' INT TERM
echo >"$here/started"
for _ in {1..1200}; do sleep 0.05; done
`;

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s leaves Pulumi the time to write its state, and its status counts",
  async (signal) => {
    const { bin, script } = machine();
    script("pulumi", SLOW_PULUMI);
    const child = spawn(process.execPath, [ENTRY, "up", "vultr.nanobot.example"], {
      env: { ...ENVIRONMENT, PATH: `${bin}:/usr/bin:/bin` },
      // A group of its own, as a terminal gives it.
      detached: true,
      stdio: "ignore",
    });
    const closed = once(child, "close");
    while (!existsSync(join(bin, "started"))) {
      expect(child.exitCode).toBeNull();
      // oxlint-disable-next-line no-await-in-loop -- waits for the stand-in
      await sleep(20);
    }
    const { pid = 0 } = child;
    // A terminal's interruption reaches the whole group, another signal the process that it is sent to.
    process.kill(signal === "SIGINT" ? -pid : pid, signal);
    expect(await closed).toEqual([3, null]);
    expect(existsSync(join(bin, "saved"))).toBe(true);
  },
);
