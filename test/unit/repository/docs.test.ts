import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { configReference, withReference } from "../../../tools/config-reference.ts";
import { evaluate } from "../../../tools/preview/evaluate.ts";
import { report } from "../../../tools/preview/report.ts";
import { readStackFile } from "../../../tools/preview/stack-file.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
const readme = textOf("README.md");

const scripts = Object.keys((JSON.parse(textOf("package.json")) as { scripts: object }).scripts); // npm's own file
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && ![".git", ".preview", "node_modules"].includes(entry.name))
  .map(({ name }) => name);

/** Fenced blocks hold commands for files that a reader is about to make. */
const withoutBlocks = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, "");

/** Names in code marks that begin with a folder of this repository, or are a source file at its top. */
function missingFiles(text: string): string[] {
  const names = [...withoutBlocks(text).matchAll(/`([\w@.-]+(?:\/[\w@.-]*)*)`/g)].map(([, name = ""]) => name);
  return names.filter((name) => {
    const ours = folders.some((folder) => name.startsWith(`${folder}/`)) || /^\w+\.(ts|md)$/.test(name);
    return ours && !existsSync(join(root, name));
  });
}

function missingScripts(text: string): string[] {
  const run = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, name = ""]) => name);
  return run.filter((name) => !scripts.includes(name));
}

/** Targets of relative links; a heading's anchor has to exist too. */
function brokenLinks(text: string, path: string): string[] {
  const targets = [...text.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => {
    const [file = "", anchor] = target.split("#");
    const linked = file === "" ? path : join(path, "..", file);
    if (!existsSync(join(root, linked))) return true;
    const anchors = [...textOf(linked).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    return anchor !== undefined && !anchors.includes(anchor);
  });
}

/** The folders and files that the map in the README explains. */
function mapOf(text: string): string[] {
  const block = /^## The repository\n+```\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
  return [...block.matchAll(/^(\S+?)\/?\s{2,}/gm)].map(([, name = ""]) => name);
}

/** What stands in the first block of a section. */
function blockOf(text: string, heading: string): string[] {
  const section = text.split(`## ${heading}\n`)[1] ?? "";
  return (/^```\w*\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? "").trimEnd().split("\n");
}

/** Whether a line of a cut excerpt is one of these; `…` stands for any text. */
function shows(lines: readonly string[], excerpt: string): boolean {
  const pattern = excerpt.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const whole = new RegExp(`^${pattern.join(".*")}$`);
  return lines.some((line) => whole.test(line));
}

describe.each(documents)("%s", (path) => {
  test("names only files and folders that exist", () => {
    expect(missingFiles(textOf(path))).toEqual([]);
  });

  test("names only npm scripts that exist", () => {
    expect(missingScripts(textOf(path))).toEqual([]);
  });

  test("links only to what exists", () => {
    expect(brokenLinks(textOf(path), path)).toEqual([]);
  });
});

describe("the checks of documents", () => {
  test("notice a file that does not exist, and take no other name for a path", () => {
    const text = "`agents/nobody.ts` `quadlets/` `ghcr.io/a/b` `/etc/hosts` `lost.ts` `agents/nanobot.ts` `a/b`";
    expect(missingFiles(text)).toEqual(["agents/nobody.ts", "lost.ts"]);
  });

  test("leave commands in blocks alone", () => {
    expect(missingFiles("```sh\ncp a `stacks/mine.yaml`\n```\n`stacks/mine.yaml`")).toEqual(["stacks/mine.yaml"]);
  });

  test("notice an npm script that does not exist", () => {
    expect(missingScripts("`npm run -s nothing -- x` `npm run preview`")).toEqual(["nothing"]);
  });

  test("notice a link to no file and to no heading", () => {
    const text = "# A b, c\n[a](docs/none.md) [b](#a-b-c) [c](README.md#none) [d](https://example.com/x)";
    expect(brokenLinks(text, "README.md")).toEqual(["docs/none.md", "#a-b-c", "README.md#none"]);
  });

  test("take the dots of an excerpt for any text and the rest as it stands", () => {
    const lines = ["├─ a  vultr.x", "done"];
    expect(["├─ …  vultr.x", "├─ b  …", "├─ a  vultrAx"].map((line) => shows(lines, line))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("README.md", () => {
  test("holds the config reference of today's schema", () => {
    expect(withReference(readme)).toBe(readme);
  });

  test("maps every folder of the repository and none besides", () => {
    expect(
      mapOf(readme)
        .filter((name) => name !== "index.ts")
        .toSorted(),
    ).toEqual(folders.toSorted());
  });

  test("shows lines that preview really prints", async () => {
    const stack = "vultr.nanobot.example";
    const file = join(root, "stacks", "config", `Pulumi.${stack}.yaml`);
    const { preview } = await evaluate(readStackFile(file, stack));
    const lines = stripVTControlCharacters(report(preview)).split("\n");
    const excerpt = blockOf(readme, "What preview shows");
    expect(excerpt.length).toBeGreaterThan(10);
    expect(excerpt.filter((line) => !shows(lines, line))).toEqual([]);
  }, 60_000);
});

test("docs/security.md says of every secret in the config who could read it", () => {
  const paths = [...configReference().matchAll(/^\| `([^`]+)` \| secret: /gm)].map(([, path = ""]) => path);
  const security = textOf("docs/security.md");
  expect(paths).toContain("roost:store.root");
  expect(paths.filter((path) => !security.includes(`\`${path}\``))).toEqual([]);
});
