import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;

/** A rule of the house: what it finds wrong in a file, and a file in which it must find something. */
interface Rule {
  readonly name: string;
  readonly appliesTo: (path: string) => boolean;
  readonly problems: (text: string, path: string) => readonly string[];
  readonly offender: { readonly path: string; readonly text: string };
}

const all = (text: string, pattern: RegExp): string[] => text.match(pattern) ?? [];
const isSource = (path: string): boolean => path.endsWith(".ts") && !path.startsWith("test/");
const topOf = (path: string): string => path.split("/")[0] ?? "";

// Assembled, so that this file does not break its own rules.
const marks = new RegExp(["\\bTO", "DO\\b|\\bFIX", "ME\\b"].join(""), "g");
const registries = new RegExp(
  [
    ["registry", "npmjs", "org"],
    ["registry", "yarnpkg", "com"],
    ["pypi", "org"],
    ["files", "pythonhosted", "org"],
    ["proxy", "golang", "org"],
    ["sum", "golang", "org"],
    ["deb", "debian", "org"],
    ["security", "debian", "org"],
    ["snapshot", "debian", "org"],
    ["ftp", "(\\w+\\.)?debian", "org"],
  ]
    .map((labels) => labels.join("\\."))
    .join("|"),
  "g",
);

const pure = ["agents", "butane", "quadlets", "cost"];
/** What each part may import besides itself; only tests import the tools, and nothing imports a test. */
const layers: Readonly<Record<string, readonly string[]>> = {
  "index.ts": ["stacks"],
  stacks: ["components", "providers", ...pure],
  components: ["providers", ...pure],
  providers: ["agents"],
  agents: pure,
  butane: pure,
  quadlets: pure,
  cost: pure,
  tools: ["index.ts", "stacks", "components", "providers", ...pure],
};

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

function wrongImports(text: string, path: string): string[] {
  const top = topOf(path);
  const imported = [...text.matchAll(IMPORT)].map((match) => match[1] ?? "");
  return imported.filter((specifier) => {
    if (!specifier.startsWith(".")) return false;
    const target = topOf(join(path, "..", specifier));
    return target !== top && layers[top]?.includes(target) !== true;
  });
}

const DATA = ["images/restic/go.sum", "package-lock.json"];
const MOST_LINES = 300;
/** A test of many cases reads from top to bottom. */
const MOST_LINES_OF_A_TEST = 500;

const rules: readonly Rule[] = [
  {
    name: `no file is longer than ${MOST_LINES} lines, except data and prose`,
    appliesTo: (path) => !DATA.includes(path) && !path.endsWith(".md"),
    problems: (text, path) => {
      const lines = text.split("\n").length - 1;
      return lines > (path.endsWith(".test.ts") ? MOST_LINES_OF_A_TEST : MOST_LINES) ? [`${lines} lines`] : [];
    },
    offender: { path: "agents/a.ts", text: "x\n".repeat(MOST_LINES + 1) },
  },
  {
    name: "no file names the host of a package registry",
    appliesTo: () => true,
    problems: (text) => all(text, registries),
    offender: { path: "README.md", text: `https://${["registry", "npmjs", "org"].join(".")}/zod` },
  },
  {
    name: "no file holds a mark of unfinished work",
    appliesTo: () => true,
    problems: (text) => all(text, marks),
    offender: { path: "docs/a.md", text: ["// TO", "DO: later"].join("") },
  },
  {
    name: "imports point one way: index, stacks, components, then what is pure",
    appliesTo: isSource,
    problems: wrongImports,
    offender: { path: "components/store/Store.ts", text: 'import { config } from "../../stacks/config.ts";' },
  },
  {
    name: "agents, butane, quadlets and cost import no Pulumi",
    appliesTo: (path) => isSource(path) && pure.includes(topOf(path)),
    problems: (text) => all(text, /"@pulumi\/[^"]*"/g),
    offender: { path: "cost/a.ts", text: 'const sdk = await import("@pulumi/pulumi");' },
  },
  {
    name: "only stacks/config.ts reads the stack's config, and never as one secret",
    appliesTo: (path) => isSource(path) && path !== "stacks/config.ts",
    problems: (text) => all(text, /getSecretObject|requireObject|requireSecret|new (?:\w+\.)?Config\(/g),
    offender: { path: "stacks/vultr.ts", text: 'const tenants = config.requireObject("tenants");' },
  },
  {
    name: "no component and nothing pure reads the environment",
    appliesTo: (path) => isSource(path) && ["components", ...pure].includes(topOf(path)),
    problems: (text) => all(text, /\bprocess\.env\b|\benv\b[^;\n]*from "node:process"/g),
    offender: { path: "components/a.ts", text: 'const region = process.env["REGION"];' },
  },
  {
    name: "no shell script hides a failure",
    appliesTo: (path) => !path.endsWith(".ts") && !path.endsWith(".md"),
    problems: (text) => all(text, /\|\| (?:true|:)(?=\s|$)/g),
    offender: { path: "host/roost-sync", text: "systemctl stop agent || true\n" },
  },
];

// What a commit would hold: the tracked files and those that are about to be.
const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
const files = listed
  .toString()
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

function offences(rule: Rule, among: typeof files): string[] {
  return among
    .filter(({ path }) => rule.appliesTo(path))
    .flatMap(({ path, text }) => rule.problems(text, path).map((problem) => `${path}: ${problem}`));
}

describe.each(rules)("$name", (rule) => {
  test("holds", () => {
    expect(offences(rule, files)).toEqual([]);
  });

  test("is noticed when it is broken", () => {
    expect(offences(rule, [rule.offender])).toHaveLength(1);
  });
});

describe("the rule on imports", () => {
  test.each([
    ["index.ts", "./stacks/vultr.ts"],
    ["stacks/vultr.ts", "../components/store/Store.ts"],
    ["stacks/vultr.ts", "@pulumi/pulumi"],
    ["components/store/Store.ts", "../../providers/backblaze/sdk.ts"],
    ["components/store/Store.ts", "./derive.ts"],
    ["quadlets/units/a.ts", "../../agents/workload.ts"],
    ["tools/preview/main.ts", "../../index.ts"],
  ])("lets %s import %s", (path, specifier) => {
    expect(wrongImports(`import { a } from "${specifier}";`, path)).toEqual([]);
  });

  test.each([
    ["stacks/vultr.ts", "../tools/record.ts"],
    ["stacks/vultr.ts", "../index.ts"],
    ["components/store/Store.ts", "../../test/helper.ts"],
    ["agents/nanobot.ts", "../components/store/derive.ts"],
    ["providers/validation.ts", "../components/store/derive.ts"],
  ])("keeps %s from importing %s, in every form of an import", (path, specifier) => {
    const forms = [`import { a } from "${specifier}"`, `export * from "${specifier}"`, `import "${specifier}"`];
    const dynamic = `const a = await import("${specifier}")`;
    expect(wrongImports([...forms, dynamic].join(";\n"), path)).toHaveLength(4);
  });
});
