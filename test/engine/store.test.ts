import { expect, test } from "vitest";
import { answerDrain } from "./support/host.ts";
import { kitOf, restored } from "./support/release.ts";
import { deployed, runningExample } from "./support/running.ts";

const start = runningExample();

test("a tenant that goes and comes again finds the release, and so the passwords, that it had", async () => {
  const { project } = await start();
  const { release } = await project.outputs();
  const config = project.config("roost:tenants.research");
  project.configure({ "roost:tenants.research": undefined });
  await deployed(project);
  expect((await project.outputs())["release"]).not.toBe(release);
  project.configure({ "roost:tenants.research": config });
  const { operations } = await deployed(project);
  expect(operations).toContain("create release-born-research");
  expect((await project.outputs())["release"]).toBe(release);
});

test("a stack whose state is lost comes back with its recovery kit: same bucket, same passwords", async () => {
  const { project } = await start();
  const kit = await kitOf(project);
  const lost = await restored(project, 1);
  const [bucket] = project.b2.buckets.keys();
  answerDrain(project);
  project.configure({ "roost:host.replace": 1 });
  await deployed(project);
  expect((await project.destroy("--run-program", "--exclude-protected")).status).toBe(0);
  await project.must(["stack", "rm", "--force", "--yes", "--preserve-config", "--stack", project.stack]);

  await project.must(["stack", "init", `organization/roost/${project.stack}`]);
  const path = ["--path", "roost:store.root", kit.root];
  await project.must(["config", "set", "--stack", project.stack, "--secret", ...path]);
  project.configure({ "roost:host.replace": undefined });
  await deployed(project);
  expect([...project.b2.buckets.keys()]).toEqual([bucket]);
  expect(await kitOf(project)).toEqual(kit);
  // Opened with the key that the old kit gives.
  expect((await restored(project, 1, kit.root)).hostRoot).toBe(lost.hostRoot);
});

test("import takes a bucket into the state; a key and a file are refused with the reason", async () => {
  const { project } = await start();
  const id = project.b2.newBucket("roost-older");
  const take = (type: string, name: string, what: string) =>
    project.run([
      ...["import", `backblaze:index:${type}`, name, what],
      ...["--stack", project.stack, "--yes", "--skip-preview", "--generate-code=false"],
    ]);
  expect((await take("Bucket", "older", id)).status).toBe(0);
  expect((await project.state()).find(({ urn }) => urn.endsWith("::older"))?.inputs).toEqual({
    bucketName: "roost-older",
    bucketType: "allPrivate",
  });
  const key = await take("ApplicationKey", "strange", project.b2.addKey("somebody's"));
  expect(key.status).not.toBe(0);
  expect(key.output).toContain("cannot be imported: B2 tells a key's secret once, at creation");
  const [version] = project.b2.versions;
  const file = await take("BucketFile", "file", version?.fileId ?? "");
  expect(file.status).not.toBe(0);
  expect(file.output).toContain("cannot be imported");
});
