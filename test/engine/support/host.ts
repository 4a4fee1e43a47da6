import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "./project.ts";

/** What the stand-in `ssh` does when it is asked. */
export interface SshAnswer {
  readonly status: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** A host nobody reaches. */
export const UNREACHABLE: SshAnswer = {
  status: 255,
  stderr: "ssh: connect to host nanobots port 22: No route to host\n",
};

/** What `roost drain --json` prints when all went well. */
export interface DrainAnswer {
  readonly stack: string;
  readonly host: string;
  readonly generation: number;
  readonly workloads: Readonly<Record<string, { readonly snapshot: string | null; readonly was: string }>>;
}

const SNAPSHOT = "0123456789abcdef".repeat(4);

/** The answer of the example's running host. */
export const drained = (more: Partial<DrainAnswer> = {}): DrainAnswer => ({
  stack: "vultr.nanobot.example",
  host: "host",
  generation: 1,
  workloads: {
    master: { snapshot: SNAPSHOT, was: "running" },
    frontend: { snapshot: SNAPSHOT, was: "stopped" },
    research: { snapshot: null, was: "unborn" },
    host: { snapshot: SNAPSHOT, was: "running" },
  },
  ...more,
});

/** Puts a stand-in `ssh` first on the PATH of the project. */
export function answerSsh(project: Project, { status, stdout = "", stderr = "" }: SshAnswer): void {
  const folder = join(project.folder, "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ssh.stdout"), stdout);
  writeFileSync(join(folder, "ssh.stderr"), stderr);
  writeFileSync(
    join(folder, "ssh"),
    `#!/bin/sh
here=$(dirname "$0")
echo "ssh $*" >>"$ROOST_STAND_INS/operations.log"
cat "$here/ssh.stdout"
cat "$here/ssh.stderr" >&2
exit ${status}
`,
    { mode: 0o755 },
  );
}

/** A host that drains as it should. */
export function answerDrain(project: Project, more: Partial<DrainAnswer> = {}): void {
  answerSsh(project, { status: 0, stdout: JSON.stringify(drained(more)) });
}
