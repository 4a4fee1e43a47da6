import { afterAll, beforeAll, onTestFinished } from "vitest";
import { answerSsh, UNREACHABLE } from "./host.ts";
import { Project } from "./project.ts";
import { FakeTailnet } from "./tailnet.ts";

/** A deployed example stack with its tailnet. */
export interface Running {
  readonly project: Project;
  readonly tailnet: FakeTailnet;
}

export const EXAMPLE = "vultr.nanobot.example";

/** What becomes of the first generation's release when an agent is edited. */
export const RELEASE = [
  "replace release-archive-g1",
  "create-replacement release-archive-g1",
  "delete-replaced release-archive-g1",
  "update release-pointer-g1",
];

/** Deploys the example once per file; each test gets a copy to itself. */
export function runningExample(): () => Promise<Running> {
  let base: Project | undefined;
  beforeAll(async () => {
    base = await Project.create(EXAMPLE);
    answerSsh(base, UNREACHABLE);
    await deployed(base);
    base.cloud.clearLog();
  });
  afterAll(async () => base?.remove());
  return async () => {
    if (base === undefined) throw new Error("the example was not deployed");
    const project = await base.copy();
    const tailnet = await FakeTailnet.start(project.cloud);
    onTestFinished(() => {
      tailnet.stop();
      return project.remove();
    });
    project.setEnvironment(tailnet.environment());
    tailnet.devices = [{ id: "nOld1CNTRL", hostname: "nanobots", tags: ["tag:roost"], vm: vmOf(project) }];
    return { project, tailnet };
  };
}

/** An `up` that has to work. */
export async function deployed(project: Project, ...more: readonly string[]) {
  const result = await project.up(...more);
  if (result.status !== 0) throw new Error(result.output);
  return result;
}

/** Id of the only VM. */
export function vmOf({ cloud }: Project): string {
  const [vm, ...others] = cloud.live().filter(({ type }) => type === "vultr:index/instance:Instance");
  if (vm === undefined || others.length > 0) throw new Error(`expected one VM, found ${others.length + (vm ? 1 : 0)}`);
  return vm.id;
}
