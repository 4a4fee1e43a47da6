import * as pulumi from "@pulumi/pulumi";

/** A stack's resources as the backend last saved them, by URN. */
interface SavedState {
  readonly outputs: Readonly<Record<string, SavedResource | undefined>>;
}

interface SavedResource {
  readonly type: string;
  readonly outputs: { readonly output?: unknown };
}

/** A state that is being written cannot be read for a moment; a file backend then says EOF. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;

/**
 * The workloads that the saved state knows and that were born no later than a generation: also one that the config no
 * longer names but the host still runs, and not one that comes with the next generation.
 */
export async function bornWorkloads(prefix: string, generation: number): Promise<string[]> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  // The engine's own function: it reads the backend, and needs no CLI.
  const read = (): Promise<SavedState> =>
    pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }, {});
  return bornIn(await persistently(read), prefix, generation);
}

/** The part of `bornWorkloads` that looks at a state. */
export function bornIn({ outputs }: SavedState, prefix: string, generation: number): string[] {
  return Object.entries(outputs).flatMap(([urn, resource]) => {
    const name = urn.split("::").at(-1) ?? "";
    if (resource?.type !== "pulumi:index:Stash" || !name.startsWith(prefix)) return [];
    return Number(resource.outputs.output) > generation ? [] : [name.slice(prefix.length)];
  });
}

async function persistently<T>(read: () => Promise<T>, attempts = ATTEMPTS): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (attempts <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return persistently(read, attempts - 1);
  }
}
