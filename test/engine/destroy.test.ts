import { expect, test } from "vitest";
import { answerDrain } from "./support/host.ts";
import { deployed, runningExample, vmOf } from "./support/running.ts";

const start = runningExample();

const FLAGS = ["--run-program", "--exclude-protected"];

test("a destroy without the word keeps the VM and says what is missing", async () => {
  const { project } = await start();
  const { status, output } = await project.destroy("--run-program");
  expect(status).not.toBe(0);
  expect(output).toContain("only the word lets the VM go: set roost:host.replace: 1 (it has nothing)");
  expect(project.cloud.log()).toEqual([]);
});

test("the word, an up and a destroy leave bucket and root, which the next up finds", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure({ "roost:host.replace": 1 });
  await deployed(project);
  const before = await project.ids();
  const kit = async () => (await project.outputs("--show-secrets"))["recoveryKit"];
  const saved = await kit();
  const { status, output } = await project.destroy(...FLAGS);
  expect(output).not.toContain("error");
  expect(status).toBe(0);
  const custom = (await project.state()).filter(({ type }) => /^(backblaze|vultr|tailscale|pulumi:index)/.test(type));
  expect(new Set(custom.map(({ urn }) => urn.split("::").at(-1)))).toEqual(new Set(["store-bucket", "store-root"]));
  expect(project.cloud.log()).toContainEqual(expect.stringMatching(/^ssh .* sudo roost drain --json$/));
  await deployed(project);
  expect((await project.ids())["store-bucket"]).toBe(before["store-bucket"]);
  expect(await kit()).toEqual(saved);
  vmOf(project);
});

test("a bucket that holds backups is not erased by the word alone, and the refusal says how to end them", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure({ "roost:host.replace": 1, "roost:store.erase": "roost-nanobot-example" });
  await deployed(project);
  const [bucket = ""] = project.b2.buckets.keys();
  const snapshot = "vultr.nanobot.example/host/state/frontend/snapshots/1";
  project.b2.putVersion(bucket, snapshot, "a snapshot");
  const { status, output } = await project.destroy(...FLAGS);
  expect(status).not.toBe(0);
  expect(output).toContain("To end it for good, backups included: b2 rm --recursive --versions");
  expect(project.b2.versions.map(({ fileName }) => fileName)).toEqual([snapshot]);
});
