import { expect, test } from "vitest";
import { main } from "../../../stacks/vultr.ts";
import { answer, computedValues } from "../../../tools/preview/computed.ts";
import { record } from "../../../tools/record.ts";
import { asPulumi, config } from "./fixture.ts";

const run = (drain: unknown) =>
  record(main, {
    stack: "vultr.test",
    config: asPulumi(config({ host: { ...(config()["host"] as object), drain } })),
    computed: computedValues,
    call: answer,
  });

test("the word to skip the final snapshots needs a reason", async () => {
  const { errors, resources } = await run("skip");
  expect(String(errors[0])).toContain(
    'roost:host.drain must be "skip: <reason>", such as "skip: the disk is gone", got "skip"',
  );
  expect(resources.map(({ name }) => name)).not.toContain("host-vm");
});

test("the word to skip the final snapshots is a warning for as long as it stands", async () => {
  const { errors, warnings } = await run("skip: the disk is gone");
  expect({ errors, warnings }).toEqual({
    errors: [],
    warnings: ["roost:host.drain lets the VM go without final snapshots: take it away when that is done"],
  });
});
