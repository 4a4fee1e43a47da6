import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { leftovers, resources } from "./support/leftovers.ts";
import { Project } from "./support/project.ts";
import { deployed, EXAMPLE } from "./support/running.ts";

let before: Project;

beforeAll(async () => {
  before = await Project.create(EXAMPLE);
});
afterAll(() => before.remove());

/** One problem, what the service says of it, and what a person does about it. */
interface Case {
  readonly trouble: (project: Project) => void;
  readonly line: string;
  readonly cure: (project: Project) => void;
}

const cases: Readonly<Record<string, Case>> = {
  "a bucket's name that another account has": {
    trouble: ({ b2 }) => b2.takenNames.add("roost-nanobot-example"),
    line: 'the bucket name "roost-nanobot-example" is taken by another Backblaze account (duplicate_bucket_name): choose another, names are unique in all of B2',
    cure: (project) => project.configure({ "roost:store.bucket": "roost-nanobot-elsewhere" }),
  },
  "a region without stock": {
    trouble: ({ cloud }) => cloud.set({ soldOut: "fra" }),
    line: "Plan is not available in the selected region.",
    cure: (project) => project.configure({ "roost:host.region": "ewr" }),
  },
  "a tag that the credential does not own": {
    trouble: ({ cloud }) => cloud.set({ ownedTags: ["tag:other"] }),
    line: "requested tags [tag:roost] are invalid or not permitted (400)",
    cure: ({ cloud }) => cloud.set({ ownedTags: ["tag:roost"] }),
  },
};

test.each(Object.entries(cases))(
  "%s ends the first up with one line, and the next one makes what is missing, once",
  async (_what, { trouble, line, cure }) => {
    const project = await before.copy();
    onTestFinished(() => project.remove());
    trouble(project);
    const { status, output } = await project.up();
    expect(status).not.toBe(0);
    // What the CLI lists at its end, and what it shows while a resource is made.
    expect(output.match(/^ {4}error: (?!update failed).*$/gm)).toEqual([expect.stringContaining(line)]);
    // No frame of a stack.
    expect(output).not.toMatch(/^\s+at /m);
    const half = await resources(project);

    cure(project);
    const { operations } = await deployed(project);
    expect(new Set(operations.map((operation) => operation.split(" ")[0]))).toEqual(new Set(["create"]));
    expect(await resources(project)).toEqual(expect.arrayContaining(half));
    expect(await leftovers(project)).toEqual({ stray: [], keys: [], buckets: [] });
    const names = project.cloud.live().map(({ name }) => name);
    expect(names.toSorted()).toEqual(["host-firewall", "host-tailnet-g1", "host-vm"]);
    expect((await project.up("--expect-no-changes")).status).toBe(0);
  },
);
