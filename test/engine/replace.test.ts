import { expect, test } from "vitest";
import { answerDrain, answerSsh, drained } from "./support/host.ts";
import type { Project } from "./support/project.ts";
import { deployed, runningExample, vmOf } from "./support/running.ts";

const start = runningExample();

const BUMP = { "roost:host.generation": 2, "roost:host.replace": 2 };

/** What belongs to one generation. */
const ofGeneration = (generation: number) =>
  ["host-tailnet", "store-host-release", "release-archive", "release-pointer"].map((name) => `${name}-g${generation}`);

const objects = async (project: Project) => {
  const ids = await project.ids();
  return ["host-vm", ...ofGeneration(1)].map((name) => ids[name]);
};

/** The life of the VM as its outside saw it. */
const story = (project: Project) =>
  project.cloud
    .log()
    .filter((line) => /^ssh|device|host-vm/.test(line))
    .map((line) => line.replace(/^ssh .*core@/, "ssh core@"));

test("a new generation with the word replaces the VM once: drain, delete, old device, create", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure(BUMP);
  const { operations } = await deployed(project);
  expect(story(project)).toEqual([
    "ssh core@nanobots sudo roost drain --json",
    "delete host-vm",
    "remove device nOld1CNTRL",
    "create host-vm",
  ]);
  expect(operations.toSorted()).toEqual(
    [
      "delete-replaced host-vm",
      "replace host-vm",
      "create-replacement host-vm",
      ...ofGeneration(2).map((name) => `create ${name}`),
      ...ofGeneration(1).map((name) => `delete ${name}`),
    ].toSorted(),
  );
  expect((await deployed(project)).operations).toEqual([]);
});

test("a new generation without the word is refused, and taken back leaves every object of the running host", async () => {
  const { project } = await start();
  const before = await objects(project);
  project.configure({ "roost:host.generation": 2 });
  const preview = await project.preview();
  expect(preview.status).not.toBe(0);
  expect(preview.output).toContain("protect");
  expect((await project.up()).status).not.toBe(0);
  project.configure({ "roost:host.generation": 1 });
  await deployed(project);
  expect(await objects(project)).toEqual(before);
  expect(story(project)).toEqual([]);
});

test("a second bump on the first one's word is refused in the preview already, and deletes nothing", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure(BUMP);
  await deployed(project);
  const vm = vmOf(project);
  answerDrain(project, { generation: 2 });
  project.cloud.clearLog();
  project.configure({ "roost:host.generation": 3 });
  const refusal = "only the word lets the VM go: set roost:host.replace: 3 (it has 2)";
  expect((await project.preview()).output).toContain(refusal);
  expect((await project.up()).output).toContain(refusal);
  expect(story(project)).toEqual([]);
  expect(vmOf(project)).toBe(vm);
});

test.each([
  [
    "cannot be reached",
    { status: 255, stderr: "ssh: connect to host nanobots port 22: No route to host" },
    'roost:host.drain: "skip: <reason>"',
  ],
  ["fails to drain", { status: 3, stderr: "no space left" }, "`roost drain` ended with status 3 (no space left)"],
  ["answers nonsense", { status: 0, stdout: "drained" }, "its answer is not that of `roost drain --json` (the text)"],
])("a host that %s keeps its VM, and the refusal says how to undo", async (_what, answer, message) => {
  const { project } = await start();
  const vm = vmOf(project);
  answerSsh(project, answer);
  project.configure(BUMP);
  const { status, output } = await project.up();
  expect(status).not.toBe(0);
  expect(output).toContain(message);
  expect(output).toContain("ssh core@nanobots sudo roost drain --undo");
  expect(vmOf(project)).toBe(vm);
});

test("after a failed drain the old generation can be taken up again, object by object", async () => {
  const { project } = await start();
  const before = await objects(project);
  answerSsh(project, { status: 3 });
  project.configure(BUMP);
  await project.up();
  project.configure({ "roost:host.generation": 1, "roost:host.replace": undefined });
  await deployed(project);
  expect(await objects(project)).toEqual(before);
});

test("a drain that leaves out a workload of the old state, though the config no longer names it, is refused", async () => {
  const { project } = await start();
  const { frontend: _left, ...workloads } = drained().workloads;
  answerDrain(project, { workloads });
  project.configure({ ...BUMP, "roost:tenants.frontend": undefined });
  expect((await project.up()).output).toContain("its answer has no final snapshot of frontend");
});

test("a tenant that comes with the new generation is not asked of the old host", async () => {
  const { project } = await start();
  answerDrain(project);
  const telegram = { token: `123456789:AA${"t".repeat(33)}`, allowFrom: ["123456789"] };
  const provider = { name: "anthropic", apiKey: "op://nanobot/Anthropic Master/credential" };
  project.configure({ ...BUMP, "roost:tenants.ops": { model: "anthropic/claude-opus-4-5", provider, telegram } });
  await deployed(project);
});

test("the word to skip lets an unreachable VM go, with a warning", async () => {
  const { project } = await start();
  project.configure({ ...BUMP, "roost:host.drain": "skip: the disk is gone" });
  const { output } = await deployed(project);
  expect(output).toContain('no final snapshots of nanobots: roost:host.drain says "skip: the disk is gone"');
  expect(story(project)).toEqual(["delete host-vm", "remove device nOld1CNTRL", "create host-vm"]);
});

test("a key that expires within the hour stops the replacement before the drain, and the command named in the refusal helps", async () => {
  const { project } = await start();
  answerDrain(project);
  project.cloud.set({ keySeconds: 3000 });
  project.configure(BUMP);
  const { output } = await project.up();
  const [, urn = ""] =
    /pulumi up --stack vultr\.nanobot\.example --replace '(urn:[^']+host-tailnet-g2)'/.exec(output) ?? [];
  expect(story(project)).toEqual([]);
  project.cloud.set({ keySeconds: undefined });
  await deployed(project, "--replace", urn);
  expect(story(project)).toEqual([
    "ssh core@nanobots sudo roost drain --json",
    "delete host-vm",
    "remove device nOld1CNTRL",
    "create host-vm",
  ]);
});

test("a deletion that fails after the drain says how to undo that, and the next up drains and deletes", async () => {
  const { project } = await start();
  answerDrain(project);
  project.cloud.set({ faults: [{ operation: "delete host-vm", message: "server error" }] });
  project.configure(BUMP);
  const { output } = await project.up();
  expect(output).toContain("server error");
  expect(output).toContain("ssh core@nanobots sudo roost drain --undo");
  project.cloud.clearLog();
  await deployed(project);
  expect(story(project)).toEqual([
    "ssh core@nanobots sudo roost drain --json",
    "delete host-vm",
    "remove device nOld1CNTRL",
    "create host-vm",
  ]);
});

test("a creation that fails after the deletion is made up for by the next up, with the same key", async () => {
  const { project } = await start();
  answerDrain(project);
  project.cloud.set({ faults: [{ operation: "create host-vm", message: "no stock in fra" }] });
  project.configure(BUMP);
  expect((await project.up()).output).toContain("no stock in fra");
  const key = (await project.ids())["host-tailnet-g2"];
  await deployed(project);
  expect((await project.ids())["host-tailnet-g2"]).toBe(key);
  expect(story(project).filter((line) => line.includes("host-vm"))).toEqual([
    "delete host-vm",
    "create host-vm",
    "create host-vm",
  ]);
  vmOf(project);
});

test.each<[string, (project: Project) => void, (project: Project) => void]>([
  [
    "a failed drain",
    (project) => {
      answerSsh(project, { status: 3 });
      project.configure(BUMP);
    },
    answerDrain,
  ],
  [
    "a refused replacement",
    (project) => project.configure({ "roost:host.generation": 2 }),
    (project) => {
      answerDrain(project);
      project.configure(BUMP);
    },
  ],
  [
    "a failed creation",
    (project) => {
      answerDrain(project);
      project.cloud.set({ faults: [{ operation: "create host-vm", message: "no stock in fra" }] });
      project.configure(BUMP);
    },
    () => {},
  ],
])("a key that expired after %s is named with the command that helps", async (_what, fail, mend) => {
  const { project } = await start();
  fail(project);
  expect((await project.up()).status).not.toBe(0);
  await project.rewrite("host-tailnet-g2", { expiresAt: "2026-01-01T00:00:00Z" });
  mend(project);
  const { output } = await project.up();
  const [, urn = ""] = /--replace '(urn:[^']+host-tailnet-g2)'/.exec(output) ?? [];
  await deployed(project, "--replace", urn);
  vmOf(project);
  expect(story(project).filter((line) => line.startsWith("delete"))).toEqual(["delete host-vm"]);
});

test("a credential that cannot list devices stops the replacement before the drain", async () => {
  const { project, tailnet } = await start();
  answerDrain(project);
  tailnet.forbidden = ["GET"];
  project.configure(BUMP);
  expect((await project.up()).output).toContain(
    "the Tailscale API answered 403 to GET tailnet/-/devices: the credential must be valid and have the scope devices:core",
  );
  expect(story(project)).toEqual([]);
});

test("a replacement without a credential for the tailnet warns and says what to delete", async () => {
  const { project } = await start();
  answerDrain(project);
  project.setEnvironment({ TAILSCALE_API_KEY: "" });
  project.configure(BUMP);
  expect((await deployed(project)).output).toContain(
    'if the tailnet still lists an offline device "nanobots" with tag:roost, delete it in the admin console now',
  );
});
