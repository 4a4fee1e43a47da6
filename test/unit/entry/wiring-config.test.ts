import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { ConfigError } from "../../../stacks/config.ts";
import { main } from "../../../stacks/vultr.ts";
import { hostArtifacts } from "../../../tools/preview/artifacts.ts";
import { answer, computedValues } from "../../../tools/preview/computed.ts";
import { type Invoked, type Recorded, record } from "../../../tools/record.ts";
import { asPulumi, config, tenant, token } from "../stacks/fixture.ts";

// Here and not beside the other tests of config: the folder of the stack files is a constant, and a mock of it needs
// a module graph of its own.
const FOLDER = vi.hoisted(() => {
  // Runs before every import.
  const { mkdtempSync } = process.getBuiltinModule("node:fs");
  const { tmpdir } = process.getBuiltinModule("node:os");
  return mkdtempSync(`${tmpdir()}/roost-wiring-`);
});
vi.mock("../../../stacks/folder.ts", () => ({ STACK_FOLDER: FOLDER }));

beforeEach(() => {
  rmSync(FOLDER, { recursive: true });
  mkdirSync(FOLDER);
});
afterAll(() => rmSync(FOLDER, { recursive: true }));

const ITEMS: Readonly<Record<string, object>> = {
  "Front Bot": { credential: token("r") },
  "Other Bot": { credential: token("o") },
  "Same Bot": { credential: token("r") },
  "Bad Bot": { credential: "hunter2" },
};

/** Answers as 1Password's provider does, and everything else as a preview does. */
const call = (invoked: Invoked): Record<string, unknown> => {
  if (invoked.token === "onepassword:index/getVault:getVault") return { uuid: "aaaaaaaaaaaaaaaaaaaaaaaaaa" };
  if (invoked.token !== "onepassword:index/getItem:getItem") return answer(invoked);
  const item = ITEMS[String(invoked.inputs["title"])];
  if (item === undefined) throw new Error(`"${String(invoked.inputs["title"])}" isn't an item`);
  return { ...item };
};

const bot = (letter: string, text: unknown) => tenant(letter, { telegram: { token: text, allowFrom: ["123456789"] } });
const inVault = (item: string) => `op://bots/${item}/credential`;

const run = (tenants: Record<string, unknown>, stack = "vultr.test") =>
  record(main, { stack, config: asPulumi(config({ tenants })), computed: computedValues, call });

/** What a run refused; nothing else may have gone wrong, and nothing may have been registered. */
function refusedBy({ errors, resources }: Recorded<object>): readonly string[] {
  const [error, ...more] = errors;
  if (!(error instanceof ConfigError) || more.length > 0) throw error ?? new Error("the program refused nothing");
  expect(resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  return error.problems;
}

const otherStack = (tenants: Record<string, unknown>) =>
  writeFileSync(join(FOLDER, "Pulumi.vultr.prod.yaml"), stringify({ config: { "roost:tenants": tenants } }));

describe("a reference to 1Password", () => {
  test("reaches the release as the value that it names", async () => {
    const recorded = await run({ frontend: bot("f", inVault("Front Bot")) });
    expect(recorded.errors).toEqual([]);
    const [host] = await hostArtifacts(recorded);
    expect(host?.release).toContainEqual({
      path: "secrets/podman/frontend-telegram-token",
      content: token("r"),
      mode: 0o400,
    });
    expect(JSON.stringify(host?.release)).not.toContain("op://");
  });

  test("is refused where it names the token that another reference names", async () => {
    const recorded = await run({ a: bot("a", inVault("Front Bot")), b: bot("b", inVault("Same Bot")) });
    expect(refusedBy(recorded)).toEqual([
      "roost:tenants.b.telegram.token must not be the token of roost:tenants.a.telegram.token: two pollers of one bot lose messages, so make a bot for each",
    ]);
  });

  test("stops the program before it registers anything when it gives nothing", async () => {
    const recorded = await run({ a: bot("a", inVault("Front Bot")), b: bot("b", inVault("No Bot")) });
    expect(refusedBy(recorded)).toEqual([
      'roost:tenants.b.telegram.token needs the 1Password item "No Bot" of vault "bots", which could not be read: "No Bot" isn\'t an item',
    ]);
  });

  test("is refused by its path when its value has another form, and the value is not shown", async () => {
    const recorded = await run({ a: bot("a", inVault("Bad Bot")), b: bot("b", inVault("Other Bot")) });
    const [problem = "", ...more] = refusedBy(recorded);
    expect(more).toEqual([]);
    expect(problem).toMatch(/^roost:tenants\.a\.telegram\.token must be a Telegram bot token \(.*\(from 1Password\)$/);
    expect(problem).not.toContain("hunter2");
  });

  test("is not read while the second round has a problem", async () => {
    const recorded = await run({ a: bot("a", inVault("Front Bot")), b: bot("b", inVault("Front Bot")) });
    expect(refusedBy(recorded)).toHaveLength(1);
    expect(recorded.invokes).toEqual([]);
  });
});

describe("the files of the other stacks", () => {
  test("refuse a token that one of them polls already, in plain text or by reference", async () => {
    otherStack({ front: bot("f", token("x")), back: bot("b", inVault("Front Bot")) });
    const recorded = await run({ a: bot("a", token("x")), b: bot("b", inVault("Front Bot")) });
    expect(refusedBy(recorded)).toEqual([
      "roost:tenants.a.telegram.token must not be the token of roost:tenants.front.telegram.token in stack vultr.prod: one bot has one poller, so make a bot for each",
      "roost:tenants.b.telegram.token must not be the token of roost:tenants.back.telegram.token in stack vultr.prod: one bot has one poller, so make a bot for each",
    ]);
  });

  test("warn of tokens that are encrypted there", async () => {
    otherStack({ front: bot("f", { secure: "v1:abc" }) });
    const { errors, warnings } = await run({ a: bot("a", token("x")) });
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      "roost:tenants.front.telegram.token of stack vultr.prod cannot be compared with the tokens of this stack: encrypted",
    ]);
  });

  test("do not refuse the stack whose own file it is", async () => {
    otherStack({ front: bot("f", token("x")) });
    expect((await run({ a: bot("a", token("x")) }, "vultr.prod")).errors).toEqual([]);
  });
});
