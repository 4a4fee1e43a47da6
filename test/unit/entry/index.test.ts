import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import program from "../../../index.ts";
import { STACK_FOLDER } from "../../../stacks/folder.ts";
import { readStackText } from "../../../stacks/pollers.ts";
import { withPlaceholders } from "../../../tools/preview/stack-file.ts";
import { deploy } from "../deploy.ts";
import { asPulumi, config } from "../stacks/fixture.ts";

const examples = readdirSync(STACK_FOLDER).flatMap((file) => /^Pulumi\.(.+\.example)\.yaml$/.exec(file)?.[1] ?? []);
const textOf = (stack: string) => readFileSync(join(STACK_FOLDER, `Pulumi.${stack}.yaml`), "utf8");

const rawOf = (stack: string) => {
  const read = readStackText(textOf(stack));
  if ("problem" in read) throw new Error(read.problem);
  return read.raw;
};

describe("index.ts", () => {
  test("exports a function, because Pulumi runs no other default export", () => {
    expect(typeof program).toBe("function");
  });

  test.each(examples)("deploys %s: a store, a host and a release", async (stack) => {
    const example = withPlaceholders(rawOf(stack)) as Record<string, unknown>;
    const { resources } = await deploy(program, { stack, config: asPulumi(example) });
    const top = resources.filter(({ options }) => options.parent.endsWith(`pulumi:pulumi:Stack::roost-${stack}`));
    expect(top.map(({ type, name }) => [type, name])).toEqual([
      ["roost:release:HostRelease", "release"],
      ["roost:store:Store", "store"],
      ["roost:vultr:UcoreHost", "host"],
    ]);
  });

  test.each(["prod", "vultr", "aws.prod", "constructor.prod", "vultr.", "vultr..x"])(
    "refuses the stack %j, which names no program",
    async (stack) => {
      await expect(deploy(program, { stack, config: asPulumi(config()) })).rejects.toThrow(
        `stack "${stack}" names no program: use <program>.<environment>, with <program> one of vultr`,
      );
    },
  );

  test("returns what a person needs, with the recovery kit secret and the rest plain", async () => {
    const { result } = await deploy(program, { config: asPulumi(config()) });
    const outputs = result as Record<string, pulumi.Output<unknown>>;
    const plain = ["ssh", "status", "restore", "pending", "protection", "release", "publicIp"];
    expect(Object.keys(outputs)).toEqual([...plain, "recoveryKit"]);
    const secret = await Promise.all(Object.values(outputs).map((output) => pulumi.isSecret(pulumi.output(output))));
    expect(secret).toEqual([...plain.map(() => false), true]);
  });
});

describe("an example stack", () => {
  test("exists for Moltbot and for nanobot", () => {
    expect(examples.toSorted()).toEqual(["vultr.moltbot.example", "vultr.nanobot.example"]);
  });

  test.each(examples)("%s holds references only: nothing encrypted, no salt", (stack) => {
    const text = textOf(stack);
    expect(text).not.toMatch(/secure:|encryptionsalt|encryptedkey/);
    expect(text).toContain("op://");
  });
});
