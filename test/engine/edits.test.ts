import { expect, test } from "vitest";
import { answerDrain } from "./support/host.ts";
import { deployed, RELEASE, runningExample, vmOf } from "./support/running.ts";
import { editSource } from "./support/source.ts";

const start = runningExample();

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7Gq3y9l1m1X9Jm0xg0vJxTj8Wv2nq3mYx0aZk3p1Qe me@desk";

const TENANT = {
  model: "anthropic/claude-opus-4-5",
  provider: { name: "anthropic", apiKey: "op://nanobot/Anthropic Master/credential" },
  telegram: { token: `123456789:AA${"t".repeat(33)}`, allowFrom: ["123456789"] },
};

test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
  ["who may write to a tenant", { "roost:tenants.frontend.telegram.allowFrom": ["555555555"] }, RELEASE],
  ["a new tenant", { "roost:tenants.ops": TENANT }, ["create release-born-ops", ...RELEASE]],
  ["a tenant taken away", { "roost:tenants.research": undefined }, ["delete release-born-research", ...RELEASE]],
  ["SSH opened for a repair", { "roost:host.breakGlass": "203.0.113.7/32" }, ["create host-break-glass", ...RELEASE]],
  ["how long hidden files stay", { "roost:store.retentionDays": 60 }, ["update store-bucket"]],
  ["another root", { "roost:store.root": "A".repeat(43) }, []],
])("%s: exactly these operations", async (_what, edit, operations) => {
  const { project } = await start();
  project.configure(edit);
  const result = await deployed(project);
  expect(result.operations.toSorted()).toEqual(operations.toSorted());
});

test("a key that changed in 1Password makes another release, uploaded before the pointer moves", async () => {
  const { project } = await start();
  const { vaults } = project.cloud.settings() as { vaults: { nanobot: Record<string, string> } };
  vaults.nanobot["Frontend Bot"] = `987654321:AA${"n".repeat(33)}`;
  project.cloud.set({ vaults });
  const { operations } = await deployed(project);
  expect(operations.toSorted()).toEqual(RELEASE.toSorted());
  expect(operations.filter((line) => !line.startsWith("replace "))).toEqual([
    "create-replacement release-archive-g1",
    "update release-pointer-g1",
    "delete-replaced release-archive-g1",
  ]);
});

test("edits of everything that is fixed at birth wait, are listed, and come with the next generation", async () => {
  const { project } = await start();
  answerDrain(project);
  const vm = vmOf(project);
  project.configure({
    "roost:host.region": "ewr",
    "roost:host.hostname": "nest",
    "roost:host.image": "testing",
    "roost:host.os": "ghcr.io/ublue-os/ucore:stable",
    "roost:host.sshKeys": [KEY],
    "roost:tailnet.tags": ["tag:other"],
  });
  const { operations } = await deployed(project);
  expect(operations.toSorted()).toEqual([...RELEASE, "update host-vm"].toSorted());
  expect(vmOf(project)).toBe(vm);
  expect((await project.outputs())["pending"]).toEqual([
    "userData changed",
    "region: fra -> ewr",
    "hostname: nanobots -> nest",
    "osId: 391 -> 425",
  ]);
  project.configure({ "roost:host.generation": 2, "roost:host.replace": 2 });
  await deployed(project);
  expect((await project.outputs())["pending"]).toEqual([]);
  expect(project.cloud.find(vmOf(project))?.outputs).toMatchObject({ region: "ewr", hostname: "nest", osId: 425 });
});

test("a new version of roost that names, bounds or scopes its frozen keys otherwise leaves them as they are", async () => {
  const { project } = await start();
  const before = await project.ids();
  editSource(
    project,
    "components/store/Store.ts",
    '"listFiles", "readFiles"];',
    '"listFiles", "readFiles", "shareFiles"];',
  );
  editSource(project, "components/store/Store.ts", "roost-${pulumi.getStack()}", "host-${pulumi.getStack()}");
  editSource(
    project,
    "components/tailnet/TailnetKey.ts",
    "KEY_LIFETIME_SECONDS = 86_400",
    "KEY_LIFETIME_SECONDS = 3_600",
  );
  await deployed(project);
  const after = await project.ids();
  for (const name of ["host-vm", "host-tailnet-g1", "store-host-release-g1"]) expect(after[name]).toBe(before[name]);
});

test("a plan is changed in place, after a drain that ends with the restart", async () => {
  const { project } = await start();
  answerDrain(project);
  project.configure({ "roost:host.plan": "vc2-4c-8gb" });
  const { operations, output } = await deployed(project);
  expect(operations).toEqual(["update host-vm"]);
  expect(project.cloud.log().map((line) => line.replace(/^ssh .*core@/, "ssh core@"))).toEqual([
    "ssh core@nanobots sudo roost drain --json --until-boot",
    "update host-vm",
  ]);
  expect(output).toContain("if the change of plan fails, to put its agents back to work");
});

test("a change of plan whose drain fails leaves the plan", async () => {
  const { project } = await start();
  project.configure({ "roost:host.plan": "vc2-4c-8gb" });
  expect((await project.up()).output).toContain("ssh core@nanobots sudo roost drain --undo");
  expect(project.cloud.log().filter((line) => line.startsWith("update"))).toEqual([]);
});

test("a change of plan that fails after its drain says how to put the agents back to work", async () => {
  const { project } = await start();
  answerDrain(project);
  project.cloud.set({ faults: [{ operation: "update host-vm", message: "plan is not available" }] });
  project.configure({ "roost:host.plan": "vc2-4c-8gb" });
  const { status, output } = await project.up();
  expect(status).not.toBe(0);
  expect(output).toContain("plan is not available");
  expect(output).toContain("ssh core@nanobots sudo roost drain --undo");
  expect(project.cloud.find(vmOf(project))?.outputs["plan"]).toBe("vc2-2c-4gb");
});
