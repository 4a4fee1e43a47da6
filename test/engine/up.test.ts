import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Project } from "./support/project.ts";

describe.each(["vultr.nanobot.example", "vultr.moltbot.example"])("%s", (stack) => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create(stack);
  });
  afterAll(() => project.remove());

  test("can be previewed before anything exists", async () => {
    const { status, output } = await project.preview();
    expect(output).not.toContain("error:");
    expect(status).toBe(0);
  });

  test("comes up as previewed, with every resource made once", async () => {
    const { status, operations } = await project.up();
    expect(status).toBe(0);
    expect(new Set(operations.map((line) => line.split(" ")[0]))).toEqual(new Set(["create"]));
    const made = project.cloud.log().map((line) => line.replace("create ", ""));
    expect(made.toSorted()).toEqual([...new Set(made)].toSorted());
  });

  test("has nothing to change in a second up", async () => {
    const { status, operations } = await project.up("--expect-no-changes");
    expect(operations).toEqual([]);
    expect(status).toBe(0);
  });
});
