import { answerProblem, type Drained } from "./drain-answer.ts";
import { type Ssh, type SshResult, ssh } from "./ssh.ts";

/** How long the final snapshots of a host may take. */
export const DRAIN_LIMIT_MINUTES = 30;

/** ssh's own status for a connection that failed. */
const UNREACHABLE = 255;

/** A running host, as its VM's state describes it. */
export interface RunningHost extends Drained {
  readonly hostname: string;
}

/** `--until-boot` ends by itself with the next start of the machine. */
export type DrainMode = "for-good" | "until-boot";

/** Stops a host's agents and takes their final snapshots; throws, with the ways on, unless every one of them is there. */
export async function drain(host: RunningHost, mode: DrainMode, run: Ssh = ssh): Promise<void> {
  const command = ["sudo", "roost", "drain", "--json", ...(mode === "until-boot" ? ["--until-boot"] : [])];
  const result = await started(host, command, run);
  const problem = resultProblem(result) ?? answerProblem(result.stdout, host);
  if (problem !== undefined) {
    throw new Error(`${host.hostname} was not drained, so its VM is left as it is: ${problem}; ${undo(host)}`);
  }
}

/** How a person reverses a drain. */
export function undo({ hostname }: Pick<RunningHost, "hostname">): string {
  return `to put its agents back to work: ssh core@${hostname} sudo roost drain --undo`;
}

async function started(host: RunningHost, command: readonly string[], run: Ssh): Promise<SshResult> {
  let result: SshResult;
  try {
    result = await run([...sshOptions(host), `core@${host.hostname}`, ...command], DRAIN_LIMIT_MINUTES * 60_000);
  } catch (error) {
    throw new Error(unreachable(host, error instanceof Error ? error.message : String(error)), { cause: error });
  }
  if (result.status === UNREACHABLE) throw new Error(unreachable(host, lastLine(result.stderr)));
  return result;
}

function sshOptions({ hostname, stack, generation }: RunningHost): string[] {
  const options = [
    "BatchMode=yes",
    "ConnectTimeout=30",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=8",
    // The tailnet has authenticated the node; and each generation has host keys of its own under the same name.
    "StrictHostKeyChecking=accept-new",
    `HostKeyAlias=${hostname}.g${generation}.${stack}`,
  ];
  return ["-T", ...options.flatMap((option) => ["-o", option])];
}

function unreachable(host: RunningHost, reason: string): string {
  return [
    `${host.hostname} could not be reached for its final snapshots, so its VM is left as it is (${reason || "ssh gave no reason"})`,
    `either mend the tailnet or the login (this must work: ssh core@${host.hostname} true) and run \`up\` again`,
    'or, if what its agents wrote since their last backup may be lost, set roost:host.drain: "skip: <reason>"',
    `if it was drained meanwhile, ${undo(host)}`,
  ].join("; ");
}

function resultProblem({ status, stderr }: SshResult): string | undefined {
  if (status === 0) return undefined;
  if (status === undefined) return `the final snapshots took more than ${DRAIN_LIMIT_MINUTES} minutes`;
  return `\`roost drain\` ended with status ${status} (${lastLine(stderr) || "it gave no reason"})`;
}

/** The end of what the host said; its scripts print no secret. */
function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").trim().slice(0, 300);
}
