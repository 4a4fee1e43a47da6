import { describe, expect, test } from "vitest";
import type { ArtifactDifference } from "../../../../tools/preview/against/artifacts.ts";
import type { StackDifference } from "../../../../tools/preview/against/difference.ts";
import { MOST_CHARACTERS, markdown } from "../../../../tools/preview/against/markdown.ts";
import type { ResourceDifference } from "../../../../tools/preview/against/resources.ts";

const FOOT =
  "Ids, addresses and keys that a provider makes are stand-ins. What replaces a resource is read from the providers' sources; only `pulumi preview` asks the engine.";

const stack = (more: Partial<StackDifference> = {}): StackDifference => ({
  stack: "vultr.a",
  change: "changed",
  resources: [],
  artifacts: [],
  bytes: { userData: { before: 8000, after: 8000 }, release: { before: 50_000, after: 50_001 } },
  usdPerMonth: { before: 20, after: 40 },
  warnings: { added: [], removed: [] },
  problems: [],
  ...more,
});

const resource = (more: Partial<ResourceDifference> = {}): ResourceDifference => ({
  urn: "urn",
  type: "t:T",
  name: "r",
  change: "changed",
  refused: false,
  about: "",
  properties: [],
  ...more,
});

const file = (more: Partial<ArtifactDifference> = {}): ArtifactDifference => ({
  path: "units/a",
  change: "changed",
  lines: { added: 1, removed: 0 },
  diff: "@@ -0,0 +1 @@\n+a",
  ...more,
});

const said = (...stacks: StackDifference[]) => markdown({ notes: [], stacks });

describe("the Markdown of a difference", () => {
  test("is a table, what happens to each resource with what is replaced in bold, and folded files", () => {
    const text = markdown({
      notes: ["there is no earlier preview, so every stack counts as new"],
      stacks: [
        stack({
          resources: [
            resource({
              name: "store-bucket",
              change: "replaced",
              refused: true,
              properties: [{ path: "bucketName", before: "a", after: "b", effect: "replaces" }],
            }),
            resource({
              name: "host-vm",
              properties: [
                { path: "region", before: "fra", after: "ewr", effect: "waits" },
                { path: "tags", after: ["x"], effect: "updates" },
              ],
            }),
            resource({ name: "key", change: "added", about: "one-off" }),
          ],
          artifacts: [file({ path: "host.bu" })],
          warnings: { added: ["new one"], removed: ["old one"] },
        }),
        stack({ stack: "vultr.b", change: "unchanged", usdPerMonth: { before: null, after: null } }),
      ],
    });
    expect(text).toBe(`- \`there is no earlier preview, so every stack counts as new\`

| Stack | Resources | USD a month | User data, bytes | Release, bytes |
| --- | --- | --- | --- | --- |
| \`vultr.a\` | **1 replaced** (\`store-bucket\`), 1 changed, 1 added | 20 → 40 | 8,000 | 50,000 → 50,001 |
| \`vultr.b\` | no difference | – | 8,000 | 50,000 → 50,001 |

### \`vultr.a\`

- **replaced** \`store-bucket\` (t:T); **protected: \`pulumi up\` refuses this**
  - \`bucketName\`: \`"a"\` → \`"b"\`
- changed \`host-vm\` (t:T)
  - \`region\`: \`"fra"\` → \`"ewr"\` (waits: it takes effect when the resource is replaced)
  - \`tags\`: absent → \`["x"]\`
- added \`key\` (t:T): \`one-off\`
- new warning: \`new one\`
- no longer a warning: \`old one\`

<details><summary><code>host.bu</code> changed: +1 −0 (user data: it reaches a host with a new generation)</summary>

\`\`\`diff
@@ -0,0 +1 @@
+a
\`\`\`

</details>

${FOOT}
`);
  });

  test.each<[string, Partial<StackDifference>, string]>([
    ["a stack is new", { change: "added" }, "| new stack: 1 added |"],
    ["its file is gone", { change: "removed", resources: [] }, "| its file is gone |"],
    ["nothing but a file differs", { resources: [], artifacts: [file()] }, "| none |"],
    ["it is refused", { change: "refused", resources: [], problems: ["roost:host is missing"] }, "| **refused** |"],
  ])("says in the table that %s", (_, more, cell) => {
    expect(said(stack({ resources: [resource({ change: "added" })], ...more }))).toContain(cell);
  });

  test("names what is replaced in the table, four at most", () => {
    const names = ["a|b", "host-vm", "c", "d", "e", "f"];
    const replaced = names.map((name) => resource({ name, change: "replaced" }));
    expect(said(stack({ resources: replaced }))).toContain("| **6 replaced** (`a\\|b`, `host-vm`, `c`, `d`, 2 more) |");
  });

  test("says of a stack without its file that nothing is destroyed, and of a refused one why", () => {
    expect(said(stack({ change: "removed" }))).toContain(
      "- Nothing is destroyed by that: what it made stays until `pulumi destroy`.",
    );
    expect(said(stack({ change: "refused", problems: ["roost:host is missing"] }))).toContain(
      "- **refused:** `roost:host is missing`",
    );
  });

  test("shows no text of a file that is not for reading, or that differs in what only root reads", () => {
    const { diff: _, ...hidden } = file({ path: "host.ign" });
    const text = said(
      stack({ artifacts: [hidden, file({ path: "host.bu", diff: "", lines: { added: 0, removed: 0 } })] }),
    );
    expect(text).toContain("- <code>host.ign</code> changed; its text is not for reading\n");
    expect(text).toContain("with a new generation), in what only root reads\n");
    expect(text).not.toContain("<details>");
  });

  test("lets no text out of its marks: backticks, pipes, HTML, line breaks and fences", () => {
    const text = said(
      stack({
        stack: "a|`b",
        warnings: { added: ["use `x`\n<b> @you"], removed: [] },
        artifacts: [file({ path: "units/<b>&", diff: "+```\n+</details>" })],
      }),
    );
    expect(text).toContain("| `` a\\|`b `` |");
    expect(text).toContain("- new warning: `` use `x` <b> @you ``\n");
    expect(text).toContain("<code>units/&lt;b>&amp;</code>");
    expect(text).toContain("````diff\n+```\n+</details>\n````\n");
  });
});

describe("a difference that is too long for a comment", () => {
  const length = (text: string): number => text.length;

  test("leaves files out and names them", () => {
    const long = Array.from({ length: 400 }, () => `+${"x".repeat(80)}`).join("\n");
    const artifacts = Array.from({ length: 9 }, (_, index) => file({ path: `units/${index}`, diff: long }));
    const text = said(stack({ artifacts }));
    expect(length(text)).toBeLessThan(MOST_CHARACTERS + 1);
    expect(text.match(/<details>/g)).toHaveLength(5);
    expect(text).toContain("\n… and 280 more lines\n```\n");
    expect(text).toContain(
      "**Left out, because a comment has no room for it:** `vultr.a/units/5`, `vultr.a/units/6`, `vultr.a/units/7`, `vultr.a/units/8`",
    );
  });

  test("leaves the manifest out first, which repeats the others as digests", () => {
    const files = [file({ path: "release.json" }), file({ path: "units/a" })];
    const text = said(stack({ artifacts: files }));
    expect(text.indexOf("release.json")).toBeGreaterThan(text.indexOf("units/a"));
  });

  test("keeps room for their names when small files fill it to the brim", () => {
    const artifacts = Array.from({ length: 3000 }, (_, index) => file({ path: `units/${"n".repeat(60)}${index}` }));
    const text = said(stack({ artifacts }));
    expect(length(text)).toBeLessThan(MOST_CHARACTERS + 1);
    expect(length(text)).toBeGreaterThan(MOST_CHARACTERS - 1000);
    expect(text).toMatch(/\*\*Left out, .*, and \d{4} more\n/);
  });

  test("counts the resources that it leaves out", () => {
    const resources = Array.from({ length: 1000 }, (_, index) => resource({ name: `stash-${index}`, change: "added" }));
    const text = said(stack({ resources }));
    expect(text).toContain("| 1000 added |");
    const shown = text.match(/^- added/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(100);
    expect(text).toContain(`\n- … and ${1000 - shown} more lines\n`);
  });

  test("counts the properties of one resource that it leaves out, and cuts long values", () => {
    const properties = Array.from({ length: 40 }, (_, index) => ({
      path: `p${index}`,
      after: "v".repeat(1000),
      effect: "updates" as const,
    }));
    const text = said(stack({ resources: [resource({ properties })] }));
    expect(text).toContain(`- \`p0\`: absent → \`"${"v".repeat(299)}…\`\n`);
    expect(text).toMatch(/ {2}- … and 3\d more properties\n/);
  });

  test("shows the resources of every stack before the files of any", () => {
    const filling = Array.from({ length: 9 }, () => file({ diff: `+${"x".repeat(9000)}` }));
    const stacks = Array.from({ length: 3 }, (_, index) =>
      stack({ stack: `vultr.${index}`, resources: [resource({ name: `r-${index}` })], artifacts: filling }),
    );
    const text = said(...stacks);
    expect(stacks.filter((_, index) => text.includes(`- changed \`r-${index}\``))).toHaveLength(3);
    expect(length(text)).toBeLessThan(MOST_CHARACTERS + 1);
  });

  test("stays below the limit with any number of stacks, notes of what is missing included", () => {
    const resources = Array.from({ length: 300 }, (_, index) => resource({ name: "n".repeat(60) + index }));
    const stacks = Array.from({ length: 300 }, (_, index) =>
      stack({ stack: `vultr.${"s".repeat(60)}${index}`, resources }),
    );
    const text = said(...stacks);
    expect(length(text)).toBeLessThan(MOST_CHARACTERS + 1);
    expect(text).toMatch(/\| … and \d+ more stacks \|/);
    expect(text).toMatch(/\*\*Left out, because a comment has no room for it:\*\* .*, and \d+ more\n/);
  });
});
