import type { Guest } from "./guest.ts";

/** The systemd unit of a nanobot workload's agent. */
export function serviceOf(workload: string): string {
  return workload === "master" ? "nanobot-master.service" : `nanobot@${workload}.service`;
}

export function containerOf(workload: string): string {
  return `nanobot-${workload}`;
}

/** Has the stand-in agent add a row; it is on disk when this resolves. */
export async function write(guest: Guest, workload: string, text: string): Promise<void> {
  await guest.output(`podman exec --user 1000:1000 ${containerOf(workload)} agent write '${text}'`);
}

/** The texts of the rows that the stand-in agent has acknowledged, as they lie in its data. */
export async function rows(guest: Guest, workload: string): Promise<string[]> {
  return textsOf(await guest.output(`cat /var/lib/roost/state/${workload}/data/${ROWS}`));
}

/** Path below the data of the stand-in agent's rows. */
export const ROWS = "sessions/rows.jsonl";

/** The texts in the content of `ROWS`. */
export function textsOf(lines: string): string[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line): string => JSON.parse(line).text);
}

/** One per start of an agent: digests of the secrets that it got, by name. */
export async function starts(guest: Guest, workload: string): Promise<Record<string, string>[]> {
  const lines = await guest.output(`cat /var/lib/roost/state/${workload}/data/workspace/starts.jsonl`);
  return lines
    .split("\n")
    .map((line): Record<string, string> | undefined => JSON.parse(line).secrets)
    .filter((secrets) => secrets !== undefined);
}

/** Main process of each agent, by workload; an agent that was restarted has another. */
export async function processes(guest: Guest, workloads: readonly string[]): Promise<Record<string, string>> {
  const answer = await guest.output(
    workloads.map((name) => `echo "${name} $(systemctl show -P MainPID ${serviceOf(name)})"`).join("\n"),
  );
  return Object.fromEntries(answer.split("\n").map((line) => line.split(" ") as [string, string]));
}
