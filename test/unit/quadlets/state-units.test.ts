import { describe, expect, test } from "vitest";
import { stateUnits } from "../../../quadlets/state-units.ts";
import { moltbot, nanobot } from "./fixtures.ts";

const entries = stateUnits([nanobot("my-bot"), moltbot()]);
const text = (path: string): string => {
  const entry = entries.find((candidate) => candidate.path === path);
  if (entry === undefined) throw new Error(`no ${path}`);
  return "target" in entry ? `-> ${entry.target}` : entry.content;
};

describe("stateUnits", () => {
  test("mounts each volume under the escaped name that systemd gives its folder", () => {
    expect(text(String.raw`units/var-lib-roost-state-my\x2dbot.mount`)).toMatchInlineSnapshot(`
      "[Unit]
      Description=Volume of my-bot

      [Mount]
      What=/var/lib/roost/volumes/my-bot.xfs
      Where=/var/lib/roost/state/my-bot
      Type=xfs
      Options=loop,nodev,nosuid,nofail
      "
    `);
  });

  test.each([
    ["my-bot", 5],
    ["moltbot", 60],
    ["host", 5],
  ])("backs %s up every %i minutes", (workload, minutes) => {
    expect(text(`units/roost-backup@${workload}.timer.d/10-interval.conf`)).toBe(
      `[Timer]\nOnUnitInactiveSec=${minutes}min\n`,
    );
  });

  test("starts every timer, and the host's own state, with the agents and with nothing else", () => {
    const wants = entries.flatMap((entry) => ("target" in entry ? [[entry.path, entry.target]] : []));
    expect(Object.fromEntries(wants)).toEqual({
      "units/roost-agents.target.wants/roost-backup@host.timer": "../roost-backup@.timer",
      "units/roost-agents.target.wants/roost-backup@moltbot.timer": "../roost-backup@.timer",
      "units/roost-agents.target.wants/roost-backup@my-bot.timer": "../roost-backup@.timer",
      "units/roost-agents.target.wants/roost-final@host.service": "../roost-final@.service",
      "units/roost-agents.target.wants/roost-restore@host.service": "../roost-restore@.service",
    });
  });

  test("gives the host's own state no volume", () => {
    expect(stateUnits([]).filter(({ path }) => path.endsWith(".mount"))).toEqual([]);
  });
});
