import { expect, test } from "vitest";
import { kindOf, nearest, shown } from "../../../agents/keys.ts";

const known = ["telegram", "temperature", "exec", "cpus", "allowFrom", "apiKey"];

test.each([
  ["allow_from", "allowFrom"],
  ["allow-from", "allowFrom"],
  ["APIKEY", "apiKey"],
  ["temprature", "temperature"],
  ["telegramm", "telegram"],
  ["tlgram", "telegram"],
  ["cpu", "cpus"],
])("%s means %s", (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test.each(["whatsapp", "tgram", "x", "run", ""])("%j means none of them", (word) => {
  expect(nearest(word, known)).toBeUndefined();
});

test.each([
  ["allowlist", '"allowlist"'],
  ["Europe/Bonn", '"Europe/Bonn"'],
  ["sk-ant-api03", "a text"],
  ["a".repeat(33), "a text"],
  ["two words", "a text"],
  [5, "a number"],
])("%j is shown as %s", (value, text) => {
  expect(shown(value)).toBe(text);
});

test.each([
  [undefined, "nothing"],
  [null, "nothing"],
  ["", "an empty text"],
  ["x", "a text"],
  [1, "a number"],
  [true, "a boolean"],
  [[], "a list"],
  [{}, "a map"],
])("%j is %s", (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});
