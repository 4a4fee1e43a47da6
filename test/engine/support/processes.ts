import { readdirSync, readFileSync } from "node:fs";

/** What one process used. */
export interface Used {
  /** Its command line. */
  readonly command: string;
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly used: Used;
}

/** Linux counts CPU time in hundredths of a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_A_SECOND = 100;
const KIB_A_MIB = 1024;
const LOOK_EVERY_MS = 20;

/**
 * Watches the processes that descend from this one, from now until its caller has the result; what a process uses
 * after the last look at it is lost, at most 20 ms.
 */
export function watchProcesses(): () => readonly Used[] {
  const seen = new Map<number, Used>();
  const timer = setInterval(() => look(seen), LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return [...seen.values()];
  };
}

/** Ids of the processes that descend from one. */
export function descendantsOf(ancestor: number): number[] {
  return below(ancestor).map(({ pid }) => pid);
}

function look(seen: Map<number, Used>): void {
  for (const { pid, used } of below(process.pid)) if (used.command !== "") seen.set(pid, used);
}

function below(ancestor: number): readonly Process[] {
  const all = readdirSync("/proc").flatMap((name) => readProcess(Number(name)) ?? []);
  const family = new Set([ancestor]);
  // A process may have a lower number than its parent.
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => pid !== ancestor && family.has(pid));
}

function readProcess(pid: number): Process | undefined {
  if (Number.isNaN(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces.
    const [, parent, , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [, peakKib] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const cpuSeconds = (Number(user) + Number(system)) / TICKS_A_SECOND;
    return { pid, parent: Number(parent), used: { command, cpuSeconds, peakMib: Number(peakKib ?? 0) / KIB_A_MIB } };
  } catch {
    return undefined; // it ended in this moment
  }
}
