import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { STACK_FOLDER } from "../../../../stacks/folder.ts";
import { targets, UsageError } from "../../../../tools/preview/targets.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-targets-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the stacks that a preview evaluates", () => {
  test("are all examples where none is named", () => {
    expect(targets([], undefined, undefined).map(({ stack }) => stack)).toEqual([
      "vultr.moltbot.example",
      "vultr.nanobot.example",
    ]);
  });

  test("are the named ones", () => {
    expect(targets(["vultr.nanobot.example"], undefined, undefined)).toEqual([
      { stack: "vultr.nanobot.example", file: join(STACK_FOLDER, "Pulumi.vultr.nanobot.example.yaml") },
    ]);
  });

  test.each([
    ["Pulumi.vultr.prod.yaml", "vultr.prod"],
    ["Pulumi.vultr.a.example.yaml", "vultr.a.example"],
    ["mine.yaml", "vultr.preview"],
    ["Pulumi.vultr.yaml", "vultr.preview"],
    ["Pulumi.gcp.prod.yaml", "vultr.preview"],
  ])("are named after the environment of a file from anywhere: %s is %s", (name, stack) => {
    const file = join(folder, name);
    writeFileSync(file, "");
    expect(targets([], file, "vultr")).toEqual([{ stack, file }]);
  });

  test.each([
    [
      ["vultr.none"],
      undefined,
      undefined,
      "there is no stack vultr.none: stacks/config has vultr.moltbot.example, vultr.nanobot.example",
    ],
    [[], "mine.yaml", undefined, "--config and --program go together"],
    [[], undefined, "vultr", "--config and --program go together"],
    [["vultr.prod"], "mine.yaml", "vultr", "name stacks or --config, not both"],
    [[], "none.yaml", "vultr", "there is no file none.yaml"],
  ])("refuse %j with --config %s and --program %s", (stacks, config, program, message) => {
    expect(() => targets(stacks, config, program)).toThrow(new UsageError(message));
  });
});
