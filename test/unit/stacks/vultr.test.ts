import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { USER_DATA_BUDGET_BYTES } from "../../../components/vultr/user-data.ts";
import { main } from "../../../stacks/vultr.ts";
import { ignitionFile } from "../../../tools/preview/artifacts.ts";
import { unsecret, valueOf } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";
import { asPulumi, config, moltbot, tenant, token } from "./fixture.ts";

const run = (raw: Record<string, unknown>, preview = false) => deploy(main, { config: asPulumi(raw), preview });
const urns = async (raw: Record<string, unknown>) => (await run(raw)).resources.map(({ urn }) => urn);

const host = { ...(config()["host"] as object), plan: "vc2-16c-64gb" };
const many = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `tenant-${index}`,
      tenant("t", {
        telegram: { token: `${1_000_000 + index}:${token("t").split(":")[1]}`, allowFrom: ["123456789"] },
      }),
    ]),
  );

/** Everything that user data says, its files decoded. */
const decoded = async (ignition: string): Promise<string> => {
  const files: { path: string }[] = JSON.parse(ignition).storage.files;
  const contents = await Promise.all(
    files.filter((file) => "contents" in file).map(({ path }) => ignitionFile(ignition, path)),
  );
  return [ignition, ...contents].join("\n");
};

describe("the program vultr", () => {
  test("leaves every URN as it is when Moltbot, a master or a tenant is added", async () => {
    const small = await urns(config({ host }));
    const large = await urns(
      config({ host, moltbot, master: tenant("m"), tenants: { frontend: tenant("f"), other: tenant("o") } }),
    );
    expect(large).toEqual(expect.arrayContaining(small));
    expect(large.filter((urn) => !small.includes(urn)).map((urn) => urn.split("::").at(-1))).toEqual([
      "release-born-master",
      "release-born-moltbot",
      "release-born-other",
    ]);
  });

  test("says in its outputs what a person types, what waits, what is protected, and what to save", async () => {
    const { result } = await run(config());
    const outputs: Record<string, unknown> = await valueOf(pulumi.output(result));
    const { ssh, status, restore, pending, protection, recoveryKit = {} } = outputs;
    expect({ ssh, status, restore, pending, protection }).toEqual({
      ssh: "ssh core@nest",
      status: "ssh core@nest sudo roost status",
      restore: "ssh core@nest sudo roost restore WORKLOAD",
      pending: [],
      protection: "on",
    });
    expect(Object.keys(recoveryKit as object).toSorted()).toEqual(["bucket", "endpoint", "root"]);
  });

  test("names everything of a generation after it", async () => {
    const names = async (generation: number) =>
      (await urns(config({ host: { ...host, generation } }))).map((urn) => urn.split("::").at(-1));
    const [first, second] = [await names(1), await names(2)];
    expect(first.filter((name) => !second.includes(name))).toEqual([
      "release-archive-g1",
      "release-pointer-g1",
      "store-host-release-g1",
      "host-tailnet-g1",
    ]);
  });

  test("gives a host of 200 tenants the user data of a host with one, within the budget and without an agent's secret", {
    timeout: 60_000,
  }, async () => {
    const userData = async (count: number) => {
      const { named } = await run(config({ host, tenants: many(count) }));
      return String(unsecret(named("host-vm").inputs["userData"]));
    };
    const [one, twoHundred] = [await userData(1), await userData(200)];
    expect(twoHundred.length).toBe(one.length);
    expect(one.length).toBeLessThanOrEqual(USER_DATA_BUDGET_BYTES);
    const text = await decoded(one);
    expect(text).toContain("K005"); // the release key: what is hidden in there is really decoded
    expect(text).not.toMatch(/AAtttt|sk-ant-/);
  });

  test("works while values are still unknown", async () => {
    const { named } = await run(config(), true);
    expect(named("host-vm").options.protect).toBe(true);
  });

  test("hands over a person's choices: break glass, erase, retention, tags, the word for replacing", async () => {
    const { named } = await run(
      config({
        host: { ...host, generation: 2, replace: 2, breakGlass: "203.0.113.7/32" },
        store: { bucket: "roost-test", erase: "roost-test", retentionDays: 90 },
        tailnet: { tags: ["tag:agents"] },
      }),
    );
    expect(named("host-vm").options.protect).toBe(false);
    expect(named("host-break-glass").inputs["subnet"]).toBe("203.0.113.7");
    expect(named("store-bucket").options.protect).toBe(false);
    expect(named("store-bucket").inputs["lifecycleRules"]).toEqual([
      { fileNamePrefix: "", daysFromHidingToDeleting: 90, daysFromStartingToCancelingUnfinishedLargeFiles: 7 },
    ]);
    expect(named("host-tailnet-g2").inputs["tags"]).toEqual(["tag:agents"]);
  });
});
