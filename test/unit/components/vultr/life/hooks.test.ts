import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lifeHooks } from "../../../../../components/vultr/life/hooks.ts";
import { deploy } from "../../../deploy.ts";

const TAGS = ["roost", "vultr.test", "g2"];
const OLD = { hostname: "nest", plan: "vc2-2c-4gb", tags: TAGS };
const ANSWER = {
  stack: "vultr.test",
  host: "host",
  generation: 2,
  workloads: { host: { was: "unborn", snapshot: null } },
};

let bin = "";

/** A stand-in `ssh` that notes what it is asked. */
function answerSsh(status: number, answer: unknown): void {
  writeFileSync(join(bin, "answer"), JSON.stringify(answer));
  writeFileSync(join(bin, "ssh"), `#!/bin/sh\necho "$*" >>"${bin}/asked"\ncat "${bin}/answer"\nexit ${status}\n`);
  chmodSync(join(bin, "ssh"), 0o755);
}

const asked = () => {
  try {
    return readFileSync(join(bin, "asked"), "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
};

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "roost-ssh-"));
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"]}`);
  answerSsh(0, ANSWER);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(bin, { recursive: true, force: true });
});

type Moment = "beforeUpdate" | "beforeDelete" | "afterDelete";

/** Runs one hook as the engine would, and gives the lines that it wrote. */
async function run(moment: Moment, args: Partial<pulumi.ResourceHookArgs>, life: object = {}): Promise<string[]> {
  const told: string[] = [];
  vi.spyOn(console, "warn").mockImplementation((line) => told.push(String(line)));
  vi.spyOn(console, "log").mockImplementation((line) => told.push(String(line)));
  const info = vi.spyOn(pulumi.log, "info").mockImplementation(async (line) => void told.push(line));
  const warn = vi.spyOn(pulumi.log, "warn").mockImplementation(async (line) => void told.push(line));
  try {
    await deploy(
      async () => {
        const hooks = lifeHooks({
          host: "host",
          generation: 2,
          replace: 2,
          node: { hostname: "nest", tags: ["tag:roost"] },
          key: { expiresAt: pulumi.output("2099-01-01T00:00:00Z"), urn: pulumi.output("urn") },
          bornPrefix: "release-born-",
          ...life,
        });
        // Bound to a resource, as in the program: the run then waits until the hooks are registered, and ends only after.
        void new pulumi.Stash("vm", { input: 0 }, { hooks });
        const [hook] = hooks[moment] ?? [];
        const callback = hook instanceof pulumi.ResourceHook ? hook.callback : hook;
        await callback?.(args as pulumi.ResourceHookArgs); // what the hooks read of it
      },
      { call: () => ({ outputs: {} }) },
    );
  } finally {
    info.mockRestore();
    warn.mockRestore();
    vi.restoreAllMocks();
  }
  return told;
}

test("an update that leaves the plan alone asks nothing of the host", async () => {
  expect(await run("beforeUpdate", { oldInputs: OLD, newInputs: { ...OLD, label: "other" } })).toEqual([]);
  expect(asked()).toEqual([]);
});

test("a change of plan drains the host until its next boot, and says how to undo that if the change fails", async () => {
  const told = await run("beforeUpdate", { oldInputs: OLD, newInputs: { ...OLD, plan: "vc2-4c-8gb" } });
  expect(asked()).toEqual([expect.stringMatching(/ core@nest sudo roost drain --json --until-boot$/)]);
  expect(told).toEqual([
    "if the change of plan fails, to put its agents back to work: ssh core@nest sudo roost drain --undo",
  ]);
});

test("a change of plan is refused when the host does not drain, with the way to undo", async () => {
  answerSsh(1, ANSWER);
  await expect(run("beforeUpdate", { oldInputs: OLD, newInputs: { ...OLD, plan: "vc2-4c-8gb" } })).rejects.toThrow(
    /nest was not drained.*status 1.*ssh core@nest sudo roost drain --undo/,
  );
});

test("a VM that goes without a successor is drained for good, and how to undo that is said before it is deleted", async () => {
  const told = await run("beforeDelete", { oldInputs: OLD });
  expect(asked()).toEqual([expect.stringMatching(/ core@nest sudo roost drain --json$/)]);
  expect(told).toEqual([
    "if the deletion of the VM fails, to put its agents back to work: ssh core@nest sudo roost drain --undo",
  ]);
});

test("a VM that goes without final snapshots is not said to be drained", async () => {
  expect(await run("beforeDelete", { oldInputs: OLD }, { drain: "skip: its disk is gone" })).toEqual([
    'no final snapshots of nest: roost:host.drain says "skip: its disk is gone"',
  ]);
});

test("a VM that goes without the word is refused before anybody is asked", async () => {
  await expect(run("beforeDelete", { oldInputs: OLD }, { replace: 1 })).rejects.toThrow(
    "only the word lets the VM go: set roost:host.replace: 2 (it has 1)",
  );
  expect(asked()).toEqual([]);
});

test("the device of a VM without a successor is named where no credential can remove it", async () => {
  expect(await run("afterDelete", { oldInputs: OLD })).toEqual([
    expect.stringContaining('an offline device "nest" with tag:roost, delete it in the admin console now'),
  ]);
});

test("the device of a VM with a successor is left to the successor's birth", async () => {
  expect(await run("afterDelete", { oldInputs: { ...OLD, tags: ["roost", "vultr.test", "g1"] } })).toEqual([]);
});

test("a device that cannot be removed is told and fails nothing: no later run would come back to it", async () => {
  const tailnetApi = { url: "http://127.0.0.1:9", tailnet: "-", credential: { apiKey: { reveal: () => "k" } } };
  expect(await run("afterDelete", { oldInputs: OLD }, { tailnetApi })).toEqual([
    expect.stringMatching(
      /^the VM of nest is gone and its device is still in the tailnet; remove it .*http:\/\/127\.0\.0\.1:9 could not be reached/,
    ),
  ]);
});
