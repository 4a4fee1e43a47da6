import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CHANNELS } from "../../../agents/nanobot-channels.ts";
import { nanobotProblems } from "../../../agents/nanobot-problems.ts";
import { masterSchema, nanobotSchema } from "../../../agents/nanobot-schema.ts";
import { parseArgs } from "../../../agents/parse.ts";
import { configReference } from "../../../tools/config-reference.ts";

const text = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "tenants.md"), "utf8");
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);

interface Snippet {
  readonly "roost:tenants"?: Readonly<Record<string, unknown>>;
  readonly "roost:master"?: unknown;
}
const snippets = blocks("yaml").map((block) => parse(block) as Snippet); // anything else fails below
const tenants = snippets.flatMap((snippet) => Object.values(snippet["roost:tenants"] ?? {}));
const masters = snippets.flatMap(({ "roost:master": master }) => (master === undefined ? [] : [master]));

const problemsOf = (schema: typeof nanobotSchema | typeof masterSchema, raw: unknown) => {
  const parsed = parseArgs(schema, raw);
  return "problems" in parsed ? parsed.problems : nanobotProblems(parsed.value);
};

/** What the reference says of each key, by path. */
const values = new Map(
  [...configReference().matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)].map(([, path = "", value = ""]) => [path, value]),
);
const commands = blocks("sh")
  .flatMap((block) => block.trimEnd().split("\n"))
  .map((line) => {
    const [, options = "", path = "", value] = /^pulumi config set (.*)--path '([^']+)'(?: (\S+))?$/.exec(line) ?? [];
    return { line, options, path, value, key: path.replace("frontend", "<name>").replace("[0]", "") };
  });

describe("docs/tenants.md", () => {
  test("has a snippet for every channel, and one for the master", () => {
    const shown = tenants.flatMap((tenant) => Object.keys(tenant as object)); // checked below
    expect([CHANNELS.filter((channel) => !shown.includes(channel)), masters.length]).toEqual([[], 1]);
  });

  test.each(tenants)("has snippets that a tenant's schema takes: %#", (tenant) => {
    expect(problemsOf(nanobotSchema, tenant)).toEqual([]);
  });

  test.each(masters)("has snippets that the master's schema takes: %#", (master) => {
    expect(problemsOf(masterSchema, master)).toEqual([]);
  });

  test.each(commands)("sets a key that exists: $line", ({ key }) => {
    expect([...values.keys()]).toContain(key);
  });

  test.each(commands)("asks for secrets and for nothing else without echo: $line", ({ options, key, value }) => {
    const secret = values.get(key)?.startsWith("secret: ") === true;
    expect([options.includes("--secret"), value === undefined]).toEqual([secret, secret]);
  });

  test.each(commands.filter(({ path }) => path.endsWith("[0]")))("sets ids as text: $line", ({ options }) => {
    expect(options).toContain("--type string");
  });

  test("says how to set every credential of a channel that a tenant cannot do without", () => {
    const needed = ["telegram.token", "discord.token", "feishu.appId", "feishu.appSecret"];
    const ids = CHANNELS.map((channel) => `${channel}.allowFrom[0]`);
    expect(commands.map(({ path }) => path)).toEqual(
      expect.arrayContaining([...needed, ...ids].map((path) => `roost:tenants.frontend.${path}`)),
    );
  });
});
