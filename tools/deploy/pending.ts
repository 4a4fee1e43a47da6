import { z } from "zod";
import { askProgram, type Program } from "./programs.ts";

const INSTANCE = "vultr:index/instance:Instance";

/** The part of an exported state that matters here. */
const stateSchema = z.object({
  deployment: z.object({
    pending_operations: z
      .array(
        z.object({
          type: z.string(),
          resource: z.object({
            urn: z.string(),
            type: z.string(),
            inputs: z.object({ label: z.string().optional() }).optional(),
          }),
        }),
      )
      .optional(),
  }),
});

/**
 * Why a stack must not be deployed now: an interrupted run began to make a VM and nobody knows whether it is there.
 * Pulumi itself only warns, and makes a second one.
 */
export function pendingProblems(
  pulumi: Program,
  stack: string,
  surroundings: { readonly root: string; readonly environment: NodeJS.ProcessEnv },
): string[] {
  const { ok, stdout, complaint } = askProgram(
    pulumi,
    ["stack", "export", "--stack", stack, "--non-interactive"],
    surroundings,
  );
  if (!ok) {
    return [
      `the state of ${stack} cannot be read (${complaint}): log in with \`pulumi login\`; a new stack is made with \`pulumi stack init ${stack}\``,
    ];
  }
  const state = stateSchema.safeParse(json(stdout));
  if (!state.success) return [`\`pulumi stack export --stack ${stack}\` did not print a state`];
  const operations = state.data.deployment.pending_operations ?? [];
  return operations
    .filter(({ resource }) => resource.type === INSTANCE)
    .map(({ type, resource }) => waysOn(type, resource.inputs?.label ?? "without a label", stack));
}

function waysOn(operation: string, label: string, stack: string): string {
  const refresh = `pulumi refresh --stack ${stack}`;
  const begun = `an interrupted run left the ${operation} of the VM "${label}" open, and nobody knows how it ended: look for that label in Vultr's console`;
  if (operation !== "creating") return `${begun}, then run \`${refresh}\`, which asks Vultr`;
  return [
    begun,
    `if there is none: \`${refresh} --clear-pending-creates\``,
    // 3.259 ends the pending operation and takes nothing in; `pulumi import` would write the user data in the clear.
    "if there is one, delete it there and run the same: Pulumi's --import-pending-creates forgets it, and the next `up` would make a second",
  ].join("; ");
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
