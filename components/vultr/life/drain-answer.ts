import { z } from "zod";

/** What `roost drain --json` prints: of every workload its last snapshot, and how the drain found it. */
const answerSchema = z.object({
  stack: z.string(),
  host: z.string(),
  generation: z.int(),
  workloads: z.record(
    z.string(),
    z.discriminatedUnion("was", [
      z.object({
        was: z.enum(["running", "stopped", "evicted"]),
        snapshot: z.string().regex(/^[0-9a-f]{8,64}$/),
      }),
      // Never started, and nothing in the store: the only one without a snapshot.
      z.object({ was: z.literal("unborn"), snapshot: z.null() }),
    ]),
  ),
});

/** What the answer has to be about. */
export interface Drained {
  /** Full name of the stack. */
  readonly stack: string;
  /** Name of the host's component. */
  readonly host: string;
  readonly generation: number;
  /** Every workload that the state knows. */
  readonly workloads: readonly string[];
}

/** What is wrong with a drain's answer, or `undefined`. */
export function answerProblem(stdout: string, wanted: Drained): string | undefined {
  const answer = answerSchema.safeParse(json(stdout));
  if (!answer.success) {
    const [issue] = answer.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "the text" : issue.path.join(".");
    return `its answer is not that of \`roost drain --json\` (${where})`;
  }
  const { stack, host, generation, workloads } = answer.data;
  if (stack !== wanted.stack || host !== wanted.host || generation !== wanted.generation) {
    return `it is generation ${generation} of ${stack}/${host}, not generation ${wanted.generation} of ${wanted.stack}/${wanted.host}`;
  }
  const missing = wanted.workloads.filter((workload) => !Object.hasOwn(workloads, workload));
  return missing.length === 0 ? undefined : `its answer has no final snapshot of ${missing.join(", ")}`;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
