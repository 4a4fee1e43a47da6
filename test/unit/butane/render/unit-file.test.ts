import { describe, expect, test } from "vitest";
import { parseUnitFile } from "../../../../butane/render/unit-file.ts";

describe("a unit file", () => {
  test.each([
    ["a section and a setting", "[Install]\nWantedBy=a\n", true],
    ["another section behind it", "[Install]\nA=b\n[Unit]\nC=d\n", true],
    ["a setting without a value", "[Install]\nWantedBy=", true],
    ["a section without a setting", "[Install]\n", false],
    ["a setting of another section only", "[Install]\n[Unit]\nA=b\n", false],
    ["words before the first section", "junk = x\n[Install]\nA=b\n", true],
    ["a section behind words on its line", "junk [Install]\nA=b\n", true],
    ["a comment with a continuation over the section", "# c \\\n[Install]\nA=b\n", false],
    ["a comment whose continuation has a blank behind it", "; c \\ \n[Install]\nA=b\n", false],
    ["a value with a continuation over the section", "[Unit]\nA=b \\\n[Install]\nC=d\n", false],
    ["blanks before the setting", "[Install]\n\u00a0 \t A=b\n", true],
    ["a line of 2047 bytes", `[Install]\nA=${"x".repeat(2045)}\n`, true],
    ["nothing", "", false],
  ])("with %s is accepted", (_what, contents, installs) => {
    expect(parseUnitFile(contents)).toEqual({ installs });
  });

  test.each([
    ["a section that does not end", "[Unit]\nA=b\n[Install\n", "line 3 opens a section that does not end"],
    ["something after the section's name", "[Unit] x\n", "line 1 has something after the section's name"],
    ["a line that is no setting", "[Unit]\n\nA=b\nC\nD=e\n", "line 4 is no section, comment or setting"],
    ["a last line that is no setting", "[Unit]\nA", "line 2 is no section, comment or setting"],
    ["a line of 2048 bytes", `[Unit]\nA=${"ü".repeat(1023)}\n`, "line 2 has 2048 bytes or more"],
  ])("with %s is refused", (_what, contents, problem) => {
    expect(parseUnitFile(contents).problem).toBe(problem);
  });
});
