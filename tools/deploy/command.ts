import { spawn } from "node:child_process";
import { type CliSurroundings, findPulumi } from "./cli.ts";
import { environmentProblems } from "./environment.ts";
import { COMMANDS, DESTROY_FLAGS, orderOf, UsageError } from "./order.ts";
import { pendingProblems } from "./pending.ts";
import type { Program } from "./programs.ts";

/** What the command works with. */
export interface Surroundings extends CliSurroundings {
  /** Takes what this command itself says; stdout is Pulumi's. */
  readonly complain: (line: string) => void;
}

/** Checks, then runs Pulumi on the caller's terminal; gives the exit code. */
export async function deploy(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { root, environment, complain } = surroundings;
  try {
    const { script, stack, file, flags } = orderOf(args, root, environment);
    const command = [COMMANDS[script], "--stack", stack, ...flags];
    const missing = environmentProblems(file, surroundings);
    // Nobody is asked for a download that could not be used.
    const found = await findPulumi(command, missing.length === 0 ? surroundings : { ...surroundings, ask: noOffer });
    const problems = [
      ...("problem" in found ? [found.problem] : []),
      ...missing,
      // A preview makes nothing twice.
      ...("pulumi" in found && script !== "preview:live" ? pendingProblems(found.pulumi, stack, surroundings) : []),
    ];
    for (const problem of problems) complain(`${script}: ${problem}`);
    if ("problem" in found || problems.length > 0) return 1;
    if (script === "destroy") {
      for (const [flag, reason] of Object.entries(DESTROY_FLAGS)) complain(`destroy: --${flag} ${reason}`);
    }
    return await run(found.pulumi, command, surroundings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`roost: ${error.message}`);
    return 2;
  }
}

const noOffer = async (): Promise<boolean> => false;

/** What a shell gives for a program that a signal ended, without the signal's number. */
const SIGNALLED = 128;

function run([file, ...first]: Program, args: readonly string[], surroundings: Surroundings): Promise<number> {
  return new Promise((resolve, reject) => {
    // Pulumi has to end first: it still writes its state. A terminal interrupts both, other signals reach this process only.
    // Before it starts: what comes in between waits for the event loop.
    process.on("SIGINT", outlive).on("SIGTERM", terminate);
    const child = spawn(file, [...first, ...args], {
      cwd: surroundings.root,
      env: surroundings.environment,
      stdio: "inherit",
    });
    const done = () => process.off("SIGINT", outlive).off("SIGTERM", terminate);
    function terminate(): void {
      child.kill("SIGTERM");
    }
    child.on("error", (error) => {
      done();
      reject(error);
    });
    child.on("close", (status) => {
      done();
      resolve(status ?? SIGNALLED);
    });
  });
}

function outlive(): void {
  // The signal alone would end this process.
}
