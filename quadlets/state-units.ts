import type { Workload } from "../agents/workload.ts";
import type { ReleaseEntry, ReleaseFile, ReleaseLink } from "./release-file.ts";
import { unitText } from "./unit-text.ts";

/** Minutes between two backups of the host's own state, which is small and rarely changes. */
const HOST_BACKUP_MINUTES = 5;

/**
 * The systemd units that keep the workloads' state, below `units/`: each volume's mount, and when it is backed up. What
 * starts by itself starts with the agents, never before the boot's check. The host's own state has no volume.
 */
export function stateUnits(workloads: readonly Workload[]): ReleaseEntry[] {
  return [
    withAgents("roost-restore", "host", "service"),
    withAgents("roost-final", "host", "service"),
    ...backups("host", HOST_BACKUP_MINUTES),
    ...workloads.flatMap(({ name, state }) => [mount(name), ...backups(name, state.backupEveryMinutes)]),
  ];
}

/** What of a workload's state comes before its agent, and what after it; lines of the agent's `[Unit]`. */
export function stateOrder(workload: string): string[] {
  const [restore, final] = [`roost-restore@${workload}.service`, `roost-final@${workload}.service`];
  // Wanted only: a last snapshot that failed keeps no agent from starting again.
  return [`Requires=${restore}`, `Wants=${final}`, `After=${restore} ${final}`];
}

function mount(workload: string): ReleaseFile {
  // As `systemd-escape --path` does; of what a name may hold, only the hyphen needs it.
  const escaped = workload.replaceAll("-", String.raw`\x2d`);
  return {
    path: `units/var-lib-roost-state-${escaped}.mount`,
    content: unitText([
      ["Unit", [`Description=Volume of ${workload}`]],
      [
        "Mount",
        [
          `What=/var/lib/roost/volumes/${workload}.xfs`,
          `Where=/var/lib/roost/state/${workload}`,
          "Type=xfs",
          // nofail: one tenant's volume that does not mount is no reason to stop a boot. No discard: it punches holes into
          // the image, and what is written there later needs room that a full host does not have.
          "Options=loop,nodev,nosuid,nofail",
        ],
      ],
    ]),
    mode: 0o644,
  };
}

function backups(workload: string, minutes: number): ReleaseEntry[] {
  return [
    {
      path: `units/roost-backup@${workload}.timer.d/10-interval.conf`,
      content: unitText([["Timer", [`OnUnitInactiveSec=${minutes}min`]]]),
      mode: 0o644,
    },
    withAgents("roost-backup", workload, "timer"),
  ];
}

/** An instance of a template that roost-agents.target starts. */
function withAgents(template: string, instance: string, type: "service" | "timer"): ReleaseLink {
  return {
    path: `units/roost-agents.target.wants/${template}@${instance}.${type}`,
    target: `../${template}@.${type}`,
  };
}
