import { afterEach, describe, expect, test, vi } from "vitest";
import { main } from "../../../stacks/vultr.ts";
import { unsecret } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";
import { asPulumi, config, tenant, token } from "./fixture.ts";

/** The inputs of every resource of a stack, secrets in the clear, by name. */
async function inputsOf(raw: Record<string, unknown>, program = main): Promise<Map<string, string>> {
  const { resources } = await deploy(program, { config: asPulumi(raw) });
  return new Map(
    resources.map(({ name, inputs }) => [
      name,
      JSON.stringify(Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, unsecret(value)]))),
    ]),
  );
}

/** What an `up` would touch after a change of config: names of resources. */
function touched(before: Map<string, string>, after: Map<string, string>) {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => (a < b ? -1 : 1));
  return {
    added: names.filter((name) => !before.has(name)),
    removed: names.filter((name) => !after.has(name)),
    changed: names.filter((name) => before.has(name) && after.has(name) && before.get(name) !== after.get(name)),
  };
}

const RELEASE = ["release-archive-g1", "release-pointer-g1"];
const two = config({ tenants: { a: tenant("a"), b: tenant("b") } });

describe("the release alone carries", () => {
  afterEach(() => {
    vi.doUnmock("../../../components/release/host-files.ts");
    vi.resetModules();
  });

  test("a tenant that is added, with the Stash of its birth", async () => {
    const after = config({ tenants: { a: tenant("a"), b: tenant("b"), c: tenant("c") } });
    expect(touched(await inputsOf(two), await inputsOf(after))).toEqual({
      added: ["release-born-c"],
      removed: [],
      changed: RELEASE,
    });
  });

  test("a tenant that is removed, with the Stash of its birth", async () => {
    expect(touched(await inputsOf(two), await inputsOf(config({ tenants: { a: tenant("a") } })))).toEqual({
      added: [],
      removed: ["release-born-b"],
      changed: RELEASE,
    });
  });

  test.each([
    ["another model", { model: "claude-sonnet-4-5" }],
    ["one person more", { telegram: { token: token("a"), allowFrom: ["123456789", "987654321"] } }],
    ["a rotated bot token", { telegram: { token: token("z"), allowFrom: ["123456789"] } }],
    ["a rotated model key", { provider: { name: "anthropic", apiKey: "sk-ant-another-key-of-it" } }],
    ["a larger volume", { volumeMib: 2048 }],
    ["rarer backups", { backupEveryMinutes: 30 }],
    ["the word to start empty", { fresh: 1 }],
  ])("%s of a tenant", async (_, changes) => {
    const after = config({ tenants: { a: tenant("a", changes), b: tenant("b") } });
    expect(touched(await inputsOf(two), await inputsOf(after))).toEqual({ added: [], removed: [], changed: RELEASE });
  });

  test.each([
    ["a way to be told of trouble", { alerts: { ntfy: "https://ntfy.example/topic" } }],
    ["another window for reboots", { reboot: { day: "Mon", hour: 2 } }],
  ])("%s", async (_, changes) => {
    const after = config({ tenants: { a: tenant("a"), b: tenant("b") }, ...changes });
    expect(touched(await inputsOf(two), await inputsOf(after))).toEqual({ added: [], removed: [], changed: RELEASE });
  });

  test("a script of the host that changed", async () => {
    const before = await inputsOf(two);
    const { hostFiles } = await import("../../../components/release/host-files.ts");
    const changed = hostFiles().map((entry) =>
      entry.path === "host/roost-backup" && "content" in entry
        ? { ...entry, content: `${entry.content}# new\n` }
        : entry,
    );
    vi.resetModules();
    vi.doMock("../../../components/release/host-files.ts", () => ({ hostFiles: () => changed }));
    const again = await import("../../../stacks/vultr.ts");
    expect(touched(before, await inputsOf(two, again.main))).toEqual({ added: [], removed: [], changed: RELEASE });
  });

  test("nothing, when nothing changed", async () => {
    expect(touched(await inputsOf(two), await inputsOf(two))).toEqual({ added: [], removed: [], changed: [] });
  });
});
