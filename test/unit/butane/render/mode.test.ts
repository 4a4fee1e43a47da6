import { expect, test } from "vitest";
import { checkMode } from "../../../../butane/render/mode.ts";
import { ButaneError, Problems } from "../../../../butane/render/problems.ts";

function problemOf(mode: number, kind: "file" | "directory"): string | undefined {
  const problems = new Problems();
  checkMode(mode, kind, "mode", problems);
  try {
    problems.throwIfAny();
    return undefined;
  } catch (error) {
    if (error instanceof ButaneError) return error.message;
    throw error;
  }
}

test.each([0, 0o400, 0o440, 0o444, 0o600, 0o640, 0o644, 0o700, 0o755, 0o777, 0o022, 406])(
  "the file mode %d is accepted",
  (mode) => {
    expect(problemOf(mode, "file")).toBeUndefined();
  },
);

test.each([400, 444, 500, 600, 640, 644, 700, 750, 755])("the mode %d was meant to be octal", (mode) => {
  expect(problemOf(mode, "file")).toBe(`mode must be octal, got ${mode} in decimal: write 0${mode}`);
});

test("644 is no mode that people give a directory, so only its range is wrong", () => {
  expect(problemOf(644, "directory")).toBe("mode must be 0 to 0777 in octal, got 644 in decimal");
});

test("444 in decimal is 0674: refused for a file, which may have 0444, and accepted for a directory", () => {
  expect(problemOf(444, "file")).toBe("mode must be octal, got 444 in decimal: write 0444");
  expect(problemOf(444, "directory")).toBeUndefined();
});

test.each([0o1000, 0o1777, 0o4755, 0o10000, -1])("the mode %d is out of range", (mode) => {
  expect(problemOf(mode, "directory")).toBe(`mode must be 0 to 0777 in octal, got ${mode} in decimal`);
});
