import { expect, test } from "vitest";
import { summariseResource } from "../../../../tools/preview/resource-summary.ts";
import type { Registered } from "../../../../tools/record.ts";

/** As the wire marks a secret. */
const secret = (value: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });

const registered = (inputs: Record<string, unknown>, options: Partial<Registered["options"]> = {}): Registered => ({
  urn: "urn",
  type: "t:T",
  name: "r",
  custom: true,
  inputs,
  options: {
    parent: "",
    protect: false,
    deleteBeforeReplace: false,
    retainOnDelete: false,
    ignoreChanges: [],
    additionalSecretOutputs: [],
    replacementTrigger: undefined,
    dependencies: [],
    aliases: 0,
    provider: "",
    hooks: [],
    ...options,
  },
});

test("a resource's inputs have [secret] for every secret, however deep it lies", () => {
  const inputs = { a: secret("K005"), b: [{ c: secret({ d: "K005" }), e: "open" }], f: null };
  expect(summariseResource(registered(inputs)).inputs).toEqual({
    a: "[secret]",
    b: [{ c: "[secret]", e: "open" }],
    f: null,
  });
});

test("an input that the program marks secret as an output is a secret too", () => {
  const options = { additionalSecretOutputs: ["userData"] };
  expect(summariseResource(registered({ userData: "K005" }, options)).inputs).toEqual({ userData: "[secret]" });
});

test("a replacement trigger is shown, unless it is a secret", () => {
  const trigger = (replacementTrigger: unknown) => summariseResource(registered({}, { replacementTrigger }));
  expect(trigger(2).replacementTrigger).toBe(2);
  expect(trigger(secret(2)).replacementTrigger).toBe("[secret]");
  expect(trigger(undefined)).not.toHaveProperty("replacementTrigger");
});
