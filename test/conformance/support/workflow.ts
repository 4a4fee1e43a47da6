import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Run } from "./host-tree.ts";

export const WORKFLOWS = join(import.meta.dirname, "../../../.github/workflows");

/** A step of a job, as far as these tests read it. */
export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** As far as they are texts. */
  readonly with?: Readonly<Record<string, string>>;
}

/** A job with its workflow's permissions and shell where it has none of its own. */
export interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Job["permissions"]; readonly steps: readonly Step[] }>
  >;
}

/** A job of a workflow file. */
export function jobOf(file: string, name: string): Job {
  const workflow: Workflow = parse(readFileSync(join(WORKFLOWS, file), "utf8"));
  const job = workflow.jobs[name];
  if (job === undefined) throw new Error(`${file} has no job ${name}`);
  const shell = workflow.defaults?.run?.shell;
  return {
    permissions: job.permissions ?? workflow.permissions,
    steps: job.steps.map((step) => ({ ...(shell === undefined ? {} : { shell }), ...step })),
  };
}

/** A text after its expressions; one that the context lacks is an error, where GitHub would give an empty text. */
export function expanded(text: string, context: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const value = context[expression];
    if (value === undefined) throw new Error(`the test's event has no ${expression}`);
    return value;
  });
}

/** Runs a step's script as GitHub's runner does: a file, in bash with `-e`, and with `pipefail` where bash is named. */
export async function runStep(
  step: Step,
  folder: string,
  context: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  if (step.run === undefined) throw new Error("the step has no script");
  const script = join(env["RUNNER_TEMP"] ?? "", "step.sh");
  writeFileSync(script, expanded(step.run, context));
  const options = step.shell === "bash" ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"];
  const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, expanded(value, context)]);
  // Not spawnSync: a fake server in this process has to answer.
  const child = spawn("/bin/bash", [...options, script], { cwd: folder, env: { ...env, ...Object.fromEntries(own) } });
  const [stdout, stderr, status] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((done, failed) => {
      child.on("error", failed);
      child.on("close", done);
    }),
  ]);
  return { status, stdout, stderr };
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
