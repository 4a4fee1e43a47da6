import { describe, expect, test } from "vitest";
import { Secret } from "../../../../agents/secret.ts";
import { Store } from "../../../../components/store/Store.ts";
import { summariseResource } from "../../../../tools/preview/resource-summary.ts";
import { deploy } from "../../deploy.ts";

const ROOT = Buffer.alloc(32, 7).toString("base64url");

/** A Stash that holds a secret, and that secret as the wire carries it. */
async function stash() {
  const { named } = await deploy(
    () => new Store("store", { bucketName: "roost-test", root: new Secret(ROOT), hosts: {} }),
  );
  const resource = named("store-root");
  return { resource, secret: resource.inputs["input"] };
}

describe("the summary of a resource", () => {
  test("says of a store's root that it is secret, and nothing more", async () => {
    const summary = summariseResource((await stash()).resource);
    expect(summary.about).toBe("remembers [secret], protected");
    expect(summary.inputs).toEqual({ input: "[secret]" });
  });

  test.each([
    ["backblaze:index:Bucket", ["bucketName", "bucketType"], "[secret], [secret], encrypted, protected"],
    ["backblaze:index:ApplicationKey", ["namePrefix", "capabilities"], "[secret]: [secret], protected"],
    ["backblaze:index:BucketFile", ["fileName", "sha256"], "[secret], sha256 [secret], protected"],
    [
      "vultr:index/firewallRule:FirewallRule",
      ["port", "subnet", "subnetSize"],
      "port [secret] open to [secret]/[secret], protected",
    ],
    ["vultr:index/instance:Instance", ["plan", "region", "hostname"], "[secret] in [secret], [secret], protected"],
  ])("shows no secret of a %s, whichever input it is", async (type, inputs, about) => {
    const { resource, secret } = await stash();
    const secrets = Object.fromEntries(inputs.map((input) => [input, secret]));
    expect(summariseResource({ ...resource, type, inputs: secrets })).toMatchObject({
      about,
      inputs: Object.fromEntries(inputs.map((input) => [input, "[secret]"])),
    });
  });
});
