import { describe, expect, test } from "vitest";
import { checkMeaning, repeatedTokens } from "../../../stacks/meaning.ts";
import type { VultrConfig } from "../../../stacks/schema.ts";
import { checkShape } from "../../../stacks/shape.ts";
import { configuredWorkloads } from "../../../stacks/workloads.ts";
import { config, moltbot, tenant } from "./fixture.ts";

function checked(more: Record<string, unknown>): VultrConfig {
  const host = { ...(config()["host"] as object), plan: "vc2-6c-16gb" };
  const shape = checkShape(config({ host, ...more }));
  if ("problems" in shape) throw new Error(shape.problems.join("; "));
  return shape.config;
}

const problemsOf = (more: Record<string, unknown>) => checkMeaning(checked(more), "vultr.test").problems;
const fromOnePassword = (letter: string, item: string) =>
  tenant(letter, { telegram: { token: `op://bots/${item}/credential`, allowFrom: ["123456789"] } });

describe("the second round", () => {
  test("asks for what is wrong between Moltbot's keys, at its path", () => {
    expect(problemsOf({ moltbot: { ...moltbot, model: "openai/gpt-5" } })).toEqual([
      'roost:moltbot.model must name a provider that has a key, got "openai", which is not in providers: add providers.openai.apiKey',
    ]);
  });

  const tooLong = { maxTokens: 8192, contextWindowTokens: 8192 };
  const problem = "maxTokens must be less than contextWindowTokens (8192), got 8192";

  test("asks for what is wrong between the master's keys, at its path", () => {
    expect(problemsOf({ master: tenant("m", tooLong) })).toEqual([`roost:master.${problem}`]);
  });

  test("asks for what is wrong between the keys of each tenant, at its path", () => {
    const tenants = { a: tenant("a", tooLong), b: tenant("b"), c: tenant("c", tooLong) };
    expect(problemsOf({ tenants })).toEqual([`roost:tenants.a.${problem}`, `roost:tenants.c.${problem}`]);
  });

  test("refuses two names that would share their uids on the host", () => {
    // Found by hashing the names tenant-0, tenant-1, … until two of the 134 million places were the same.
    expect(problemsOf({ tenants: { "tenant-2848": tenant("a"), "tenant-20285": tenant("b") } })).toEqual([
      'roost:tenants.tenant-2848 must have another name: its host uids would be those of "tenant-20285"',
    ]);
  });

  test("refuses one reference for two bots, before anybody reads 1Password", () => {
    const tenants = {
      a: fromOnePassword("a", "Bot"),
      b: fromOnePassword("b", "Bot"),
      c: fromOnePassword("c", "Other"),
    };
    expect(problemsOf({ tenants })).toEqual([
      "roost:tenants.b.telegram.token must not be the token of roost:tenants.a.telegram.token: two pollers of one bot lose messages, so make a bot for each",
    ]);
  });

  test("finds nothing in workloads whose tokens differ", () => {
    const tenants = { a: tenant("a"), b: tenant("b") };
    expect(repeatedTokens(configuredWorkloads(checked({ master: tenant("m"), tenants })))).toEqual([]);
  });
});
