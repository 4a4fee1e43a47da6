import { expect, test } from "vitest";
import { appendOverlay, parseBase } from "../../../butane/overlay.ts";

const base = parseBase(`variant: fcos
version: 1.5.0
storage:
  files:
    # Why.
    - path: /a
  links:
    - path: /b
      target: /a
`);

test("appends to the base's lists and keeps its comments", () => {
  expect(appendOverlay(base, { storage: { files: [{ path: "/c", mode: 0o600 }] } })).toBe(`variant: fcos
version: 1.5.0
storage:
  files:
    # Why.
    - path: /a
    - path: /c
      mode: 0o600
  links:
    - path: /b
      target: /a
`);
});

test("makes a list that the base lacks", () => {
  expect(appendOverlay(base, { systemd: { units: [{ name: "a.service" }] } })).toContain(
    "\nsystemd:\n  units:\n    - name: a.service\n",
  );
});

test("refuses a path that is in another list of the base, and names every one", () => {
  const storage = { directories: [{ path: "/a" }], files: [{ path: "/b" }, { path: "/c" }] };
  expect(() => appendOverlay(base, { storage })).toThrow(/^Butane overlay: path \/a, path \/b: must appear once$/);
});

test.each([
  ["user", { passwd: { users: [{ name: "a" }, { name: "a" }] } }],
  ["group", { passwd: { groups: [{ name: "a" }, { name: "a" }] } }],
  ["unit", { systemd: { units: [{ name: "a" }, { name: "a" }] } }],
])("refuses a %s that is there twice", (what, overlay) => {
  expect(() => appendOverlay(base, overlay)).toThrow(new Error(`Butane overlay: ${what} a: must appear once`));
});

test("takes a user and a group of one name for two things", () => {
  const passwd = { users: [{ name: "a" }], groups: [{ name: "a" }] };
  expect(() => appendOverlay(base, { passwd })).not.toThrow();
});

test("refuses a base that is no YAML", () => {
  expect(() => parseBase("a: [")).toThrow(/^Butane base: /);
});
