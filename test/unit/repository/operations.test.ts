import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const operations = textOf("docs/operations.md");

const section = operations.split("\n## Alerts\n")[1]?.split("\n## ")[0] ?? "";

/** Cells of the row of an alert. */
const row = (name: string): string[] | undefined =>
  section
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, first]) => first === `\`${name}\``)
    ?.slice(1, -1);

/** Seconds by alert, as the checks wait before they tell. */
const alerts = [
  ...(/ALERTS=\((.*?)\n\)/s.exec(textOf("host/lib/checks.sh"))?.[1] ?? "").matchAll(/\[([a-z-]+)\]=(\d+)/g),
].map(([, name = "", seconds]) => [name, Number(seconds)] as const);

function inWords(seconds: number): string {
  if (seconds === 0) return "at once";
  if (seconds < 7200) return `${seconds / 60} min`;
  return seconds < 172_800 ? `${seconds / 3600} h` : `${seconds / 86_400} d`;
}

test("there are alerts and verbs to document", () => {
  expect(alerts.length).toBeGreaterThan(20);
  expect(readdirSync(join(root, "host/verbs")).length).toBeGreaterThan(5);
});

test.each(alerts)("alert %s has its delay, meaning and recovery", (name, seconds) => {
  const cells = row(name) ?? [];
  expect(cells.slice(1, 2)).toEqual([inWords(seconds)]);
  expect(cells.slice(2).filter((cell) => cell.length < 10)).toEqual([]);
  expect(cells).toHaveLength(4);
});

test("no alert is documented that there is not, and every check prints one of the table", () => {
  const known = alerts.map(([name]) => name);
  expect([...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)).toEqual(known.toSorted());
  const printed = ["checks", "checks-agent", "probe", "restart"]
    .flatMap((file) => [
      ...textOf(`host/lib/${file}.sh`).matchAll(
        /(?:echo "|[( ]")([a-z]+(?:-[a-z]+)*) (?:host|\$1|\$name|\$unit|\\\(\$name\)|\\\(\.key\))/g,
      ),
    ])
    .map(([, name = ""]) => name);
  const health = [...textOf("host/roost-health").matchAll(/echo "([a-z-]+) \$1:/g)].map(([, name = ""]) => name);
  expect([...new Set([...printed, ...health])].toSorted()).toEqual(known.toSorted());
});

test.each(readdirSync(join(root, "host/verbs")))("verb %s is documented", (verb) => {
  expect(operations).toMatch(new RegExp(`^\\| \`roost ${verb}[ \`]`, "m"));
});

test("every exit code is documented", () => {
  const codes = [...(/^readonly FAILED=.*$/m.exec(textOf("host/lib/common.sh"))?.[0] ?? "").matchAll(/=(\d+)/g)];
  expect(codes.length).toBeGreaterThan(4);
  for (const [, code] of codes) expect(operations).toMatch(new RegExp(`^\\| ${code} \\| `, "m"));
});
