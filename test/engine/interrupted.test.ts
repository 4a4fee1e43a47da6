import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { pendingProblems } from "../../tools/deploy/pending.ts";
import { PULUMI } from "./support/engine.ts";
import { leftovers, resources } from "./support/leftovers.ts";
import { Project } from "./support/project.ts";
import { deployed, EXAMPLE, vmOf } from "./support/running.ts";

/** Names the moment of the random kill: run again with ROOST_SEED to have the same one. */
const SEED = Number(process.env["ROOST_SEED"] ?? Date.now() % 1_000_000);

let before: Project;
let wanted: readonly string[];
let upSeconds: number;

beforeAll(async () => {
  before = await Project.create(EXAMPLE);
  const whole = await before.copy();
  const start = performance.now();
  await deployed(whole);
  upSeconds = (performance.now() - start) / 1000;
  wanted = await resources(whole);
  await whole.remove();
});
afterAll(() => before.remove());

async function fresh(): Promise<Project> {
  const project = await before.copy();
  onTestFinished(() => project.remove());
  return project;
}

/** Kills an up, and makes up for it as a person would. One that is killed at once may not have locked the stack yet. */
async function recover(project: Project, point: Promise<void>, locked: "surely" | "perhaps" = "surely") {
  if (await project.killedUp(point)) {
    const next = await project.up();
    if (locked === "surely" || next.status !== 0) {
      expect(next.output).toContain("the stack is currently locked");
      expect(next.status).not.toBe(0);
    }
  }
  await project.must(["cancel", "--yes", "--stack", project.stack]);
  const { output } = await deployed(project);
  expect(await resources(project)).toEqual(wanted);
  const left = await leftovers(project);
  expect(left.buckets).toEqual([]);
  // Whatever is left without an owner is named: a key of B2 with the command that removes it, the rest by the engine.
  for (const id of left.keys) expect(output).toContain(`b2 key delete ${id}`);
  for (const name of left.stray) expect(output).toContain(`::${name}, interrupted while creating`);
  // Several may be under way when the CLI is killed, each once.
  expect(left.stray).toEqual([...new Set(left.stray)]);
  return left;
}

const atB2 = (project: Project) =>
  new Promise<void>((resolve) => {
    project.b2.onSilence = resolve;
  });

test("killed when the bucket is made and its answer not heard, the next up adopts it", async () => {
  const project = await fresh();
  project.b2.fail("b2_create_bucket", "held");
  expect((await recover(project, atB2(project))).keys).toEqual([]);
  expect(project.b2.buckets.size).toBe(1);
});

test("killed when a key of the store is made and its secret lost, the next up makes another and names the first", async () => {
  const project = await fresh();
  project.b2.fail("b2_create_key", "held");
  const { keys } = await recover(project, atB2(project));
  // The store's two keys are made side by side.
  expect([1, 2]).toContain(keys.length);
});

test("killed while the release is uploaded, the next up uploads it once", async () => {
  const project = await fresh();
  project.b2.fail("b2_upload_file", "silent");
  const { keys } = await recover(project, atB2(project));
  expect(keys).toEqual([]);
  const names = project.b2.versions.map(({ fileName }) => fileName);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("killed before the tailnet key is made, the next up makes one", async () => {
  const project = await fresh();
  project.cloud.holdAt("before create host-tailnet-g1");
  expect((await recover(project, project.cloud.held())).stray).not.toContain("host-tailnet-g1");
});

test.each(["host-tailnet-g1", "host-vm"])(
  "killed when %s is made and not heard of, the next up makes another and leaves no more than the first behind",
  async (name) => {
    const project = await fresh();
    project.cloud.holdAt(`after create ${name}`);
    expect((await recover(project, project.cloud.held())).stray).toContain(name);
  },
);

test(`killed at a random moment (ROOST_SEED=${SEED}), the next up ends where an undisturbed one does`, async () => {
  const project = await fresh();
  const moment = new Promise<void>((resolve) => {
    setTimeout(resolve, fraction(SEED) * upSeconds * 1000);
  });
  await recover(project, moment, "perhaps");
});

test("a VM nobody heard of keeps `npm run up` away until it is deleted and forgotten, and then one VM is made", async () => {
  const project = await fresh();
  project.cloud.holdAt("after create host-vm");
  await project.killedUp(project.cloud.held());
  await project.must(["cancel", "--yes", "--stack", project.stack]);
  const problems = () =>
    pendingProblems([PULUMI], project.stack, { root: project.folder, environment: project.environment });
  const [line = "", ...more] = problems();
  expect(more).toEqual([]);
  expect(line).toContain('an interrupted run left the creating of the VM "nanobots" open');
  project.cloud.remove(vmOf(project));
  const [, words = ""] = /`pulumi (refresh [^`]*--clear-pending-creates)`/.exec(line) ?? [];
  await project.must([...words.split(" "), "--yes"]);
  expect(problems()).toEqual([]);
  await deployed(project);
  vmOf(project);
  expect(await resources(project)).toEqual(wanted);
  expect((await leftovers(project)).stray).toEqual([]);
});

/** A number from 0 to 1 that a seed always gives: one step of a linear congruence. */
function fraction(seed: number): number {
  return ((seed * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}
