import { describe, expect, test, vi } from "vitest";
import { compareArtifacts, withoutRootFiles } from "../../../../tools/preview/against/artifacts.ts";

const files = (entries: Record<string, string>) => new Map(Object.entries(entries));

describe("two sets of artifacts", () => {
  test("differ in the files whose text differs, each with its hunks and counts", () => {
    const before = files({ "units/a": "1\n2\n3\n4\n5\n6\n", "units/same": "x\n" });
    const after = files({ "units/a": "1\n2\n3\n4\n5\nsix\nseven\n", "units/same": "x\n" });
    expect(compareArtifacts(before, after)).toEqual([
      {
        path: "units/a",
        change: "changed",
        lines: { added: 2, removed: 1 },
        diff: "@@ -3,4 +3,5 @@\n 3\n 4\n 5\n-6\n+six\n+seven",
      },
    ]);
  });

  test("show a new file and one that is gone whole, in the order of their paths", () => {
    expect(compareArtifacts(files({ z: "old\n" }), files({ a: "new\n" }))).toEqual([
      { path: "a", change: "added", lines: { added: 1, removed: 0 }, diff: "@@ -0,0 +1 @@\n+new" },
      { path: "z", change: "removed", lines: { added: 0, removed: 1 }, diff: "@@ -1 +0,0 @@\n-old" },
    ]);
  });

  test("keep files apart whose lines look like a diff's own", () => {
    const text = "diff --git a/1 b/1\n@@ -1 +1 @@\n--- a\n+++ b\n";
    const found = compareArtifacts(files({ a: "", b: "" }), files({ a: text, b: "b\n" }));
    expect(found.map(({ lines, diff }) => [lines.added, diff])).toEqual([
      [4, "@@ -0,0 +1,4 @@\n+diff --git a/1 b/1\n+@@ -1 +1 @@\n+--- a\n++++ b"],
      [1, "@@ -0,0 +1 @@\n+b"],
    ]);
  });

  test("never show host.ign, which encodes what host.bu hides", () => {
    expect(compareArtifacts(files({ "host.ign": "a" }), files({ "host.ign": "b" }))).toEqual([
      { path: "host.ign", change: "changed", lines: { added: 0, removed: 0 } },
    ]);
  });

  test("look the same whatever a person's git is set to", () => {
    vi.stubEnv("GIT_EXTERNAL_DIFF", "false");
    vi.stubEnv("GIT_DIFF_OPTS", "--unified=0");
    const found = compareArtifacts(files({ a: "1\n2\n" }), files({ a: "1\n3\n" }));
    vi.unstubAllEnvs();
    expect(found[0]?.diff).toBe("@@ -1,2 +1,2 @@\n 1\n-2\n+3");
  });
});

describe("a Butane source", () => {
  const file = (lines: string) => `storage:\n  files:\n    - path: /a\n${lines}`;

  test("loses the contents of files that only root may read, and nothing else", () => {
    const source = `# kept\n${file("      mode: 0o600\n      contents:\n        inline: |\n          one\n          two\n")}    - path: /b\n      mode: 0o644\n      contents:\n        inline: open\n`;
    expect(withoutRootFiles(source)).toBe(
      `# kept\n${file("      mode: 0o600\n      contents:\n        inline: [secret]\n")}    - path: /b\n      mode: 0o644\n      contents:\n        inline: open\n`,
    );
  });

  test.each([
    ["a quoted text", "      mode: 0o400\n      contents: { inline: 'K005' }\n"],
    ["a data URL", "      mode: 0o600\n      contents:\n        source: data:,K005\n"],
    ["what is appended", "      mode: 0o600\n      append:\n        - inline: K005\n"],
    ["a file that root may run", "      mode: 0o700\n      contents:\n        inline: K005\n"],
  ])("loses %s", (_, lines) => {
    expect(file(lines)).toContain("K005");
    expect(withoutRootFiles(file(lines))).not.toContain("K005");
    expect(withoutRootFiles(file(lines))).toContain("[secret]");
  });

  test.each([
    ["of a group", "      mode: 0o640\n      contents:\n        inline: open\n"],
    ["without a mode, which Ignition makes 0644", "      contents:\n        inline: open\n"],
  ])("keeps a file %s", (_, lines) => {
    expect(withoutRootFiles(file(lines))).toBe(file(lines));
  });

  test("is not shown at all when it cannot be read", () => {
    expect(withoutRootFiles("storage: [\n  K005")).toBe("[not shown: this is not YAML]\n");
  });
});
