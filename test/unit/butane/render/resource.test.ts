import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { dataUrl } from "../../../../butane/render/resource.ts";

test("plain text is percent-escaped like encodeURIComponent", () => {
  expect(dataUrl(Buffer.from("a b/ü'()"))).toEqual({ compression: "", source: "data:,a%20b%2F%C3%BC'()" });
});

test("bytes that are no UTF-8 are escaped one by one", () => {
  expect(dataUrl(Buffer.from("abcdefgh\xff", "latin1"))).toEqual({ compression: "", source: "data:,abcdefgh%FF" });
});

test("base64 is used where it is shorter, and not where it is as long", () => {
  expect(dataUrl(Buffer.from([0, 1, 2, 3, 4, 5])).source).toBe("data:;base64,AAECAwQF");
  // Both encodings have 15 characters after `data:`.
  expect(dataUrl(Buffer.from("\x00\x00\x00\x00ab", "latin1")).source).toBe("data:,%00%00%00%00ab");
});

test("gzip is used where it saves more than the word that announces it", () => {
  const { compression, source } = dataUrl(Buffer.from("a".repeat(1000)));
  expect(compression).toBe("gzip");
  expect(gunzipSync(Buffer.from(source.slice("data:;base64,".length), "base64")).toString()).toBe("a".repeat(1000));
});

test("gzip does not say on which system it was made", () => {
  const { source } = dataUrl(Buffer.from("a".repeat(1000)));
  expect(Buffer.from(source.slice("data:;base64,".length), "base64").subarray(0, 10).toString("hex")).toBe(
    "1f8b08000000000002ff",
  );
});

test("an empty file is an empty data URL", () => {
  expect(dataUrl(Buffer.alloc(0))).toEqual({ compression: "", source: "data:," });
});
