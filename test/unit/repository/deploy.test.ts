import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NEEDED_CAPABILITIES } from "../../../providers/backblaze/operations.ts";
import { main } from "../../../stacks/vultr.ts";
import { evaluate } from "../../../tools/preview/evaluate.ts";
import { readStackFile } from "../../../tools/preview/stack-file.ts";
import { deploy } from "../deploy.ts";
import { asPulumi, config } from "../stacks/fixture.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const page = readFileSync(join(root, "docs", "deploy.md"), "utf8");
const example = join(root, "stacks", "config", "Pulumi.vultr.nanobot.example.yaml");

const section = (heading: string): string => page.split(`## ${heading}\n`)[1]?.split(/^## /m)[0] ?? "";

/** Text of every source that may print something, with templates' values and quotes' escapes as dots. */
const sources = ["agents", "components", "providers", "stacks", "tools"]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
  .join("\n");

/** Words of Pulumi's engine and of Tailscale, which no source of ours has. */
const THEIRS = [
  "no stack named",
  "the stack is currently locked",
  "remove the `protect` flag from the resource in your Pulumi program",
  "requested tags … are invalid or not permitted",
];

/** What the table of failures says that is printed. */
function printed(): string[] {
  const rows = section("When something fails")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2);
  return rows.flatMap((row) => {
    const cell = row.split(" | ")[0] ?? "";
    return [...cell.matchAll(/``(.+?)``|`([^`]+)`/g)].map(([, double, single]) => double ?? single ?? "");
  });
}

test("the messages that the page explains are those that the sources print", () => {
  const ours = printed().filter((message) => !THEIRS.includes(message));
  expect(ours.length).toBeGreaterThan(12);
  const parts = ours.flatMap((message) => message.split("…").map((part) => part.trim().replaceAll('"', "")));
  expect(parts.filter((part) => part.length > 3 && !sources.includes(part))).toEqual([]);
});

test("the tailnet's policy and scopes are those that preview prints for the example", async () => {
  const { preview } = await evaluate(readStackFile(example, "vultr.nanobot.example"));
  const tailnet = preview.hosts[0]?.tailnet;
  expect(JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "")).toEqual(tailnet?.policy);
  const row = page.split("\n").find((line) => line.startsWith("| [Tailscale]")) ?? "";
  expect(tailnet?.oauthScopes.filter((scope) => !row.includes(`\`${scope}\``))).toEqual([]);
});

test("the vault gets every item that the example's references name", () => {
  const items = [...readFileSync(example, "utf8").matchAll(/op:\/\/nanobot\/([^/]+)\/credential/g)].map(
    ([, name]) => name,
  );
  expect(items).toHaveLength(7);
  expect(items.filter((name) => !section("3. The vaults").includes(`item nanobot '${name}'`))).toEqual([]);
});

test("the environment of an up is read from items that the vault got", () => {
  const read = [...section("6. Up").matchAll(/op:\/\/nanobot\/([^/]+)\/credential/g)].map(([, name]) => name);
  expect(read).toHaveLength(5);
  expect(read.filter((name) => !section("3. The vaults").includes(`item nanobot '${name}'`))).toEqual([]);
});

test("the bounded key of B2 has the capabilities that the provider needs and no other", () => {
  const [, capabilities = ""] = /^b2 key create roost-deployer (\S+)$/m.exec(page) ?? [];
  expect(capabilities.split(",").toSorted()).toEqual(NEEDED_CAPABILITIES.toSorted());
});

test("the page explains every output of a stack", async () => {
  const { result } = await deploy(main, { config: asPulumi(config()) });
  const rows = section("6. Up")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const explained = rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  expect(explained.toSorted()).toEqual(Object.keys(result).toSorted());
});
