import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { runtime } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { answer, COMPUTED_TYPES, computedValues } from "../../../../tools/preview/computed.ts";

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, "../../../..");

/** Where each type's SDK class is. */
const SOURCES: Readonly<Record<string, string>> = {
  "pulumi:index:Stash": require.resolve("@pulumi/pulumi/stash.js"),
  "tailscale:index/tailnetKey:TailnetKey": require.resolve("@pulumi/tailscale/tailnetKey.js"),
  "vultr:index/firewallGroup:FirewallGroup": require.resolve("@ediri/vultr/firewallGroup.js"),
  "vultr:index/firewallRule:FirewallRule": require.resolve("@ediri/vultr/firewallRule.js"),
  "vultr:index/instance:Instance": require.resolve("@ediri/vultr/instance.js"),
  "backblaze:index:Bucket": join(root, "providers/backblaze/sdk.ts"),
  "backblaze:index:ApplicationKey": join(root, "providers/backblaze/sdk.ts"),
  "backblaze:index:BucketFile": join(root, "providers/backblaze/sdk.ts"),
};

/** The outputs that an SDK class declares: generated code marks each with `/*out*\/`. */
function declaredOutputs(type: string): string[] {
  const source = readFileSync(SOURCES[type] ?? "", "utf8");
  if (type === "pulumi:index:Stash") return [...source.matchAll(/(\w+): undefined/g)].map(([, name = ""]) => name);
  const own = type.startsWith("backblaze:")
    ? (source.split(`"${type}",\n      name`)[1]?.split("opts")[0] ?? "")
    : source;
  return [...own.matchAll(/(?:\["(\w+)"\] =|(\w+):) undefined \/\*out\*\//g)].map(([, a, b]) => a ?? b ?? "");
}

const args = (type: string): runtime.MockResourceArgs => ({ type, name: "n", inputs: { bucketName: "b", input: 1 } });

describe("the table of computed values", () => {
  test.each(COMPUTED_TYPES)("has every output of %s", (type) => {
    expect(Object.keys(computedValues(args(type))).toSorted()).toEqual(declaredOutputs(type).toSorted());
  });

  test("leaves no output undefined", () => {
    for (const type of COMPUTED_TYPES) {
      for (const [name, value] of Object.entries(computedValues(args(type))))
        expect(value, `${type}.${name}`).toBeDefined();
    }
  });

  test("refuses a type that it does not know", () => {
    expect(() => computedValues({ ...args("vultr:index/vpc:Vpc"), name: "net" })).toThrow(
      'preview has no computed values for vultr:index/vpc:Vpc "net": add them to tools/preview/computed.ts',
    );
  });

  test("refuses a function that it has no answer for", () => {
    expect(() => answer({ token: "vultr:index/getPlan:getPlan", inputs: {} })).toThrow(
      "preview has no answer for the function vultr:index/getPlan:getPlan: add it to tools/preview/computed.ts",
    );
    expect(() =>
      answer({ token: "vultr:index/getOs:getOs", inputs: { filters: [{ name: "name", values: ["Debian"] }] } }),
    ).toThrow("preview has no answer for the function vultr:index/getOs:getOs");
  });
});
