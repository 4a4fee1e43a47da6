import { expect, test } from "vitest";
import { answerDrain } from "./support/host.ts";
import { leftovers } from "./support/leftovers.ts";
import type { Project } from "./support/project.ts";
import { restored } from "./support/release.ts";
import { deployed, runningExample, vmOf } from "./support/running.ts";

const start = runningExample();

const PARK = { "roost:host.parked": 1, "roost:host.replace": 1 };

const vms = ({ cloud }: Project) => cloud.live().filter(({ name }) => name === "host-vm");

/** The word takes an `up` of its own: the VM's protection counts from the state. */
async function parked(): Promise<Project> {
  const { project } = await start();
  answerDrain(project);
  project.configure({ "roost:host.replace": 1 });
  await deployed(project);
  project.cloud.clearLog();
  project.configure(PARK);
  return project;
}

test("parking without an up for the word before is refused, and the host keeps running", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure(PARK);
  // With the preview that a person's `up` begins with: it ends before the drain.
  const { status, output } = await project.run(["up", "--yes", "--stack", project.stack]);
  expect(status).not.toBe(0);
  expect(output).toContain('host-vm" cannot be deleted');
  vmOf(project);
  expect(project.cloud.log()).toEqual([]);
});

test("a parked host is drained, and loses VM and device; store, keys, release and root stay what they are", async () => {
  const project = await parked();
  const before = await project.ids();
  const { operations } = await deployed(project);
  expect(operations.toSorted()).toEqual(["delete host-vm", "update host-parked"]);
  expect(project.cloud.log().map((line) => line.replace(/^ssh .*core@/, "ssh core@"))).toEqual([
    "ssh core@nanobots sudo roost drain --json",
    "delete host-vm",
    "remove device nOld1CNTRL",
  ]);
  const { "host-vm": _gone, ...kept } = before;
  expect(await project.ids()).toEqual(kept);
  expect(await leftovers(project)).toEqual({ stray: [], keys: [], buckets: [] });
  const { pending, protection, ssh } = await project.outputs();
  expect(pending).toEqual([]);
  expect(protection).toBe("parked: to restore it, take host.parked away and set host.generation to 2");
  expect(ssh).toBeUndefined();
  expect((await deployed(project)).operations).toEqual([]);
});

test("a parked generation does not come back, and the refusal names the one that restores", async () => {
  const project = await parked();
  await deployed(project);
  project.configure({ "roost:host.parked": undefined, "roost:host.replace": undefined });
  const refusal = "generation 1 was parked and cannot come back: set roost:host.generation: 2";
  expect((await project.preview()).output).toContain(refusal);
  expect((await project.up()).output).toContain(refusal);
  expect(vms(project)).toEqual([]);
});

test("a new generation restores a parked host, whose workloads remember that they were born before", async () => {
  const project = await parked();
  await deployed(project);
  const root = (await project.ids())["store-root"];
  project.cloud.clearLog();
  project.configure({
    "roost:host.parked": undefined,
    "roost:host.replace": undefined,
    "roost:host.generation": 2,
  });
  await deployed(project);
  vmOf(project);
  expect(project.cloud.log().filter((line) => /^ssh|device|host-vm/.test(line))).toEqual(["create host-vm"]);
  expect((await project.ids())["store-root"]).toBe(root);
  const { workloads } = await restored(project, 2);
  const before = { born: 1 };
  expect(workloads).toEqual({ host: before, master: before, frontend: before, research: before });
  expect((await project.outputs())["protection"]).toBe("on");
  expect((await deployed(project)).operations).toEqual([]);
});
