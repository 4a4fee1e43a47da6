import { expect, test } from "vitest";
import { unitText, unitValue, unitWord } from "../../../quadlets/unit-text.ts";

test("unitText separates sections by an empty line", () => {
  expect(
    unitText([
      ["Unit", ["A=1"]],
      ["Service", ["B=2", "C=3"]],
    ]),
  ).toBe("[Unit]\nA=1\n\n[Service]\nB=2\nC=3\n");
});

test("unitValue takes specifiers and variables literally", () => {
  expect(unitValue("100% of $HOME")).toBe("100%% of $$HOME");
});

test("unitValue refuses a line break without showing the value", () => {
  expect(() => unitValue("harmless\nUser=0")).toThrow(/^a value in a unit must not hold a control character$/);
});

test.each([
  ["--config", "--config"],
  ["KEY=unix:///run/x.sock", "KEY=unix:///run/x.sock"],
  ["two words", '"two words"'],
  ['say "hi" \\', '"say \\"hi\\" \\\\"'],
  ["", '""'],
  ["a;b", '"a;b"'],
])("unitWord writes %j as %s", (text, word) => {
  expect(unitWord(text)).toBe(word);
});
