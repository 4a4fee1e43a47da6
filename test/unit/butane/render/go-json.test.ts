import { expect, test } from "vitest";
import { goJson } from "../../../../butane/render/go-json.ts";

test("what Go escapes is escaped, and nothing else", () => {
  expect(goJson({ a: "<>&\u2028\u2029\b\f\n\t\0\u007f\u00e9\u{1f99e}" })).toBe(
    String.raw`{"a":"\u003c\u003e\u0026\u2028\u2029\u0008\u000c\n\t\u0000` + '\u007f\u00e9\u{1f99e}"}',
  );
});

test("a backslash before b, f or < stays what it was", () => {
  expect(goJson([String.raw`\b \f \< \\b`])).toBe(String.raw`["\\b \\f \\\u003c \\\\b"]`);
});
