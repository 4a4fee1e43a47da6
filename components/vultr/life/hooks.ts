import * as pulumi from "@pulumi/pulumi";
import { devicesOf, type Node, removeDevices, type TailnetApi, tagsOf } from "../../tailnet/devices.ts";
import { bornWorkloads } from "./born.ts";
import { type DrainMode, drain, type RunningHost, undo } from "./drain.ts";
import { keyProblem, taggedGeneration, wordProblem } from "./refusals.ts";

/** What the hooks of a host's VM act on. */
export interface Life {
  /** Name of the host's component. */
  readonly host: string;
  readonly generation: number;
  /** The generation whose creation may delete the VM before it. */
  readonly replace?: number;
  /** `skip: <reason>`: the VM goes without final snapshots. */
  readonly drain?: string;
  readonly node: Node;
  readonly key: { readonly expiresAt: pulumi.Output<string>; readonly urn: pulumi.Output<string> };
  /** How the names of the Stashes begin that remember the workloads. */
  readonly bornPrefix: string;
  /** Without it old devices stay in the tailnet, and a warning says so. */
  readonly tailnetApi?: TailnetApi;
}

type Inputs = Readonly<Record<string, unknown>>;

/** Keeps a VM's end and birth in order: the word, final snapshots and key before it goes, old devices before it comes or after the last. */
export function lifeHooks(life: Life): pulumi.ResourceHookBinding {
  const hostnames = new Set([life.node.hostname]);
  const beforeDelete = new pulumi.ResourceHook(
    `${life.host}-before-delete`,
    async ({ oldInputs = {} }) => {
      refuse(wordProblem(life.generation, life.replace));
      if (pulumi.runtime.isDryRun()) return;
      hostnames.add(hostnameOf(oldInputs));
      // Whatever may still refuse comes first: a drain stops the agents. Nothing follows a VM of the same generation.
      if (taggedGeneration(oldInputs["tags"]) !== life.generation) await refuseSuccessor(life);
      await end(life, oldInputs, "for-good");
    },
    // A preview says it too, before an `up` has made the keys of a generation that is not let in.
    { onDryRun: true },
  );
  const beforeUpdate = async ({ oldInputs = {}, newInputs = {} }: pulumi.ResourceHookArgs) => {
    if (oldInputs["plan"] === newInputs["plan"]) return;
    // A change of plan restarts the machine.
    await end(life, oldInputs, "until-boot");
  };
  const beforeCreate = async () => {
    await refuseKey(life);
    for (const hostname of hostnames) {
      // oxlint-disable-next-line no-await-in-loop -- two at most, and each may wait for its device to go offline
      await clearDevices(life, { ...life.node, hostname });
    }
  };
  const afterDelete = new pulumi.ResourceHook(`${life.host}-after-delete`, async ({ oldInputs = {} }) => {
    // A successor clears the devices before its own birth.
    if (taggedGeneration(oldInputs["tags"]) !== life.generation) return;
    await clearLastDevices(life, { ...life.node, hostname: hostnameOf(oldInputs) });
  });
  return {
    beforeDelete: [beforeDelete],
    beforeUpdate: [beforeUpdate],
    beforeCreate: [beforeCreate],
    afterDelete: [afterDelete],
  };
}

/** The VM is gone and no later run comes back to this: what fails here is told, and fails nothing. */
async function clearLastDevices(life: Life, node: Node): Promise<void> {
  try {
    await clearDevices(life, node);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    void pulumi.log.warn(
      `the VM of ${node.hostname} is gone and its device is still in the tailnet; remove it in the admin console, or the next host does (${reason})`,
    );
  }
}

async function refuseSuccessor(life: Life): Promise<void> {
  await refuseKey(life);
  // The new host would get another name where its old device cannot be removed.
  if (life.tailnetApi !== undefined) await devicesOf(life.tailnetApi, life.node);
}

async function refuseKey({ key }: Life): Promise<void> {
  const [expiresAt, urn] = await Promise.all([known(key.expiresAt), known(key.urn)]);
  refuse(keyProblem({ expiresAt, urn }, pulumi.getStack(), Date.now()));
}

async function end(life: Life, oldInputs: Inputs, mode: DrainMode): Promise<void> {
  if (life.drain !== undefined) {
    void pulumi.log.warn(`no final snapshots of ${hostnameOf(oldInputs)}: roost:host.drain says "${life.drain}"`);
    return;
  }
  const generation = taggedGeneration(oldInputs["tags"]);
  if (generation === undefined) {
    throw new Error(
      `the VM has no tag with its generation, such as g1, so nobody can tell whether the right host drains: put it back, or set roost:host.drain: "skip: <reason>"; ${undo({ hostname: hostnameOf(oldInputs) })}`,
    );
  }
  const workloads = await bornWorkloads(life.bornPrefix, generation);
  const host: RunningHost = {
    stack: pulumi.getStack(),
    host: life.host,
    hostname: hostnameOf(oldInputs),
    generation,
    workloads,
  };
  await drain(host, mode);
  // The step that follows is the engine's, and what it prints when it fails says nothing of agents that wait.
  const step = mode === "until-boot" ? "change of plan" : "deletion of the VM";
  void pulumi.log.info(`if the ${step} fails, ${undo(host)}`);
}

async function clearDevices(life: Life, node: Node): Promise<void> {
  if (life.tailnetApi !== undefined) {
    await removeDevices(life.tailnetApi, node);
    return;
  }
  void pulumi.log.warn(
    `no credential for the Tailscale API: if the tailnet still lists an offline device "${node.hostname}" with ${tagsOf(node)}, delete it in the admin console now, or the new host will be called ${node.hostname}-1`,
  );
}

function hostnameOf(inputs: Inputs): string {
  return String(inputs["hostname"]);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(problem);
}

/** The value of an output, in a hook that runs after the output is there. */
function known(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
