import { expect, test } from "vitest";
import { ButaneError, type FilesDir, noFiles, renderIgnition } from "../../../../butane/render/ignition.ts";

const HEAD = "variant: fcos\nversion: 1.5.0\n";

function refusal(source: string, files: FilesDir = noFiles): ButaneError {
  try {
    renderIgnition(source, files);
  } catch (error) {
    if (error instanceof ButaneError) return error;
    throw error;
  }
  throw new Error("it was rendered");
}

test("the message of the error holds every problem on a line of its own", () => {
  const error = refusal("variant: fcos\nversion: 1.4.0\nextra: 1\n");
  expect(error.problems).toHaveLength(2);
  expect(error.message).toBe(error.problems.join("\n"));
});

test("problems of every section are reported at once", () => {
  const source = `${HEAD}
extra: 1
kernel_arguments: {should_exist: [a, a]}
passwd: {users: [{uid: x}]}
storage: {files: [{path: a}], directories: [{path: /d, mode: 755}], links: [{path: /l}], trees: [{}]}
systemd: {units: [{name: a}]}
`;
  const keys = refusal(source).problems.map((problem) => problem.split(" ")[0]);
  expect(new Set(keys)).toEqual(
    new Set([
      "extra",
      "kernel_arguments.should_exist[1]",
      "passwd.users[0].name",
      "passwd.users[0].uid",
      "storage.directories[0].mode",
      "storage.files[0].path",
      "storage.links[0].target",
      "storage.trees[0].local",
      "systemd.units[0].name",
    ]),
  );
});

test("a mistake of one key is reported once, without what follows from it", () => {
  expect(refusal(`${HEAD}storage: {files: [{path: [/a]}]}`).problems).toEqual([
    "storage.files[0].path must be a text, got a list",
  ]);
});

const SECRET = "s3cr3t-t0ken";
test.each([
  [
    "an inline text that lost its key",
    `storage:\n  files:\n    - path: /a\n      contents:\n        inline: x\n        ${SECRET}: y`,
  ],
  ["a key with a blank", `storage:\n  "${SECRET} x": y`],
  ["a value that broke the syntax", `storage: "${SECRET}\nb: [${SECRET}`],
  ["an unexpected text after a value", `storage: {} ${SECRET}`],
  ["an alias that nothing defines", `storage: *${SECRET}`],
  ["a text where a mapping is meant", `storage: ${SECRET}`],
  ["a text where a number is meant", `passwd: {users: [{name: a, uid: ${SECRET}}]}`],
  ["a text where a switch is meant", `passwd: {users: [{name: a, system: ${SECRET}}]}`],
  ["a URL with a password", `storage: {files: [{path: /a, contents: {source: "https://a:${SECRET}@b/"}}]}`],
  ["a URL without a scheme", `storage: {files: [{path: /a, contents: {source: "${SECRET}:b"}}]}`],
  ["a hash of another form", `storage: {files: [{path: /a, contents: {inline: x, verification: {hash: ${SECRET}}}}]}`],
  ["a unit that is no unit", `systemd: {units: [{name: a.service, contents: "[Unit]\\n${SECRET}"}]}`],
  ["a section with something after it", `systemd: {units: [{name: a.service, contents: "[Unit] ${SECRET}"}]}`],
  ["a key of a user given twice", `passwd: {users: [{name: a, ssh_authorized_keys: [${SECRET}, ${SECRET}]}]}`],
  ["a kernel argument given twice", `kernel_arguments: {should_exist: [${SECRET}, ${SECRET}]}`],
  ["several lines as a path", `storage: {files: [{path: "${SECRET}\\n"}]}`],
])("no message repeats content: %s", (_what, body) => {
  const { message } = refusal(`${HEAD}${body}\n`);
  // An unknown key is named when it is a plain word, because the name is what its author must find.
  expect(message.replaceAll(`.${SECRET} is not supported`, "")).not.toContain(SECRET);
});

test("a document with a thousand problems of one kind is refused line by line", () => {
  const users = Array.from({ length: 1000 }, () => "    - name: core\n").join("");
  expect(refusal(`${HEAD}passwd:\n  users:\n${users}`).problems).toHaveLength(999);
});
