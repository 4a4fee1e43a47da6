import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { TailnetKey } from "../../../components/tailnet/TailnetKey.ts";
import { deploy } from "../deploy.ts";

const key = () => deploy(() => new TailnetKey("tailnet", { hostname: "nest", tags: ["tag:roost"], generation: 2 }));

describe("TailnetKey", () => {
  test("is one-off, pre-authorised, tagged, not ephemeral, and never made anew by itself", async () => {
    const { inputs, options } = (await key()).named("tailnet-g2");
    expect(inputs).toEqual({
      description: "roost nest g2",
      reusable: false,
      ephemeral: false,
      preauthorized: true,
      tags: ["tag:roost"],
      expiry: 86_400,
      recreateIfInvalid: "never",
    });
    expect(options.parent).toContain("roost:tailnet:TailnetKey::tailnet");
  });

  test("freezes every input, without a trigger that would replace it", async () => {
    const { options } = (await key()).named("tailnet-g2");
    expect(options.ignoreChanges.toSorted()).toEqual([
      "description",
      "ephemeral",
      "expiry",
      "preauthorized",
      "recreateIfInvalid",
      "reusable",
      "tags",
      "userId",
    ]);
    expect(options.replacementTrigger).toBeUndefined();
  });

  test("keeps the key secret", async () => {
    const { result, named } = await key();
    expect(await pulumi.isSecret(result.key)).toBe(true);
    expect(named("tailnet-g2").options.additionalSecretOutputs).toContain("key");
  });

  test("works while values are still unknown", async () => {
    const { named } = await deploy(
      () => new TailnetKey("tailnet", { hostname: "nest", tags: ["tag:roost"], generation: 1 }),
      { preview: true },
    );
    expect(named("tailnet-g1").inputs["reusable"]).toBe(false);
  });
});
