import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerDrain, drained } from "./support/host.ts";
import { Project } from "./support/project.ts";
import { deployed, RELEASE } from "./support/running.ts";

const bothRun = { snapshot: "0123456789abcdef".repeat(4), was: "running" };

const stacks = [
  {
    stack: "vultr.nanobot.example",
    edit: { "roost:tenants.research.maxToolIterations": 40 },
    drain: drained(),
    bucket: "roost-nanobot-example",
  },
  {
    stack: "vultr.moltbot.example",
    edit: { "roost:moltbot.model": "anthropic/claude-sonnet-5" },
    drain: { ...drained(), stack: "vultr.moltbot.example", workloads: { moltbot: bothRun, host: bothRun } },
    bucket: "roost-moltbot-example",
  },
];

describe.each(stacks)("$stack", ({ stack, edit, drain, bucket }) => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create(stack);
    answerDrain(project, drain);
  });
  afterAll(() => project.remove());

  test("can be previewed before anything exists", async () => {
    const { status, output } = await project.preview();
    expect(output).not.toContain("error:");
    expect(status).toBe(0);
  });

  test("comes up as previewed, with every resource made once, and says what a person types", async () => {
    const { status, operations } = await project.up();
    expect(status).toBe(0);
    expect(new Set(operations.map((line) => line.split(" ")[0]))).toEqual(new Set(["create"]));
    const made = project.cloud.log().map((line) => line.replace("create ", ""));
    expect(made.toSorted()).toEqual([...new Set(made)].toSorted());
    const outputs = await project.outputs();
    expect(outputs).toMatchObject({ pending: [], protection: "on", recoveryKit: "[secret]" });
    expect(outputs["status"]).toBe(`${String(outputs["ssh"])} sudo roost status`);
    expect(outputs["restore"]).toBe(`${String(outputs["ssh"])} sudo roost restore WORKLOAD`);
  });

  test("has nothing to change in a second up", async () => {
    const { status, operations } = await project.up("--expect-no-changes");
    expect(operations).toEqual([]);
    expect(status).toBe(0);
  });

  test("has another release after an edit of an agent, and the same VM", async () => {
    project.configure(edit);
    expect((await deployed(project)).operations.toSorted()).toEqual(RELEASE.toSorted());
  });

  test("has nothing to change after a refresh", async () => {
    await project.must(["refresh", "--yes", "--stack", stack, "--expect-no-changes"]);
    expect((await deployed(project)).operations).toEqual([]);
  });

  test("ends whole, with the words for the VM and for the bucket", async () => {
    project.configure({ "roost:host.replace": 1, "roost:store.erase": bucket });
    await deployed(project);
    expect((await project.destroy("--run-program", "--exclude-protected")).status).toBe(0);
    expect(await project.state()).toEqual([]);
    expect(project.cloud.live()).toEqual([]);
    expect([...project.b2.buckets.values()]).toEqual([]);
    expect([...project.b2.keys.values()].map(({ keyName }) => keyName)).toEqual(["master"]);
  });
});
