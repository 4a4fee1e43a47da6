import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../../agents/secret.ts";
import { hostRoot, releaseKey } from "../../../../components/store/derive.ts";
import { Store } from "../../../../components/store/Store.ts";
import { FROZEN_INPUTS } from "../../../../components/vultr/frozen.ts";
import { UcoreHost, type UcoreHostArgs } from "../../../../components/vultr/UcoreHost.ts";
import { ignitionFile } from "../../../../tools/preview/artifacts.ts";
import { computedValues } from "../../../../tools/preview/computed.ts";
import { type RecordOptions, unsecret, valueOf } from "../../../../tools/record.ts";
import { deploy } from "../../deploy.ts";

const ROOT = Buffer.alloc(32, 7).toString("base64url");
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ you@laptop";
const ARGS: UcoreHostArgs = { region: "ewr", hostname: "nest", generation: 2, sshKeys: [KEY] };

const host = (more: Partial<UcoreHostArgs> = {}, options: Partial<RecordOptions> = {}) =>
  deploy(() => {
    const args = { ...ARGS, ...more };
    const hosts = { host: { generation: args.generation } };
    const store = new Store("store", { bucketName: "roost-test", root: new Secret(ROOT), hosts }).hosts["host"];
    if (store === undefined) throw new Error("no store for host");
    return new UcoreHost("host", { ...args, store, bornPrefix: "release-born-" });
  }, options);

const vm = async (more: Partial<UcoreHostArgs> = {}) => (await host(more)).named("host-vm");
const modeOf = (ignition: string, path: string) =>
  JSON.parse(ignition).storage.files.find((file: { path: string }) => file.path === path).mode;

describe("UcoreHost", () => {
  test("has a VM, an empty firewall group, a tailnet key and its memory of parking, all below itself", async () => {
    const { resources } = await host();
    const urn = "urn:pulumi:vultr.test::roost::pulumi:pulumi:Stack$roost:vultr:UcoreHost::host";
    expect(
      resources
        .filter(({ options }) => options.parent === urn)
        .map(({ name, type }) => [name, type])
        .toSorted(([a = ""], [b = ""]) => a.localeCompare(b)),
    ).toEqual([
      ["host-firewall", "vultr:index/firewallGroup:FirewallGroup"],
      ["host-parked", "pulumi:index:Stash"],
      ["host-tailnet", "roost:tailnet:TailnetKey"],
      ["host-vm", "vultr:index/instance:Instance"],
    ]);
  });

  test("asks for a plain small VM of the stable image behind the firewall group", async () => {
    const { inputs } = await vm();
    expect({ ...inputs, userData: "(secret)" }).toEqual({
      region: "ewr",
      hostname: "nest",
      osId: 391,
      userData: "(secret)",
      plan: "vc2-2c-4gb",
      label: "nest",
      tags: ["roost", "vultr.test", "g2"],
      firewallGroupId: "host-firewall-id",
      enableIpv6: true,
      activationEmail: false,
    });
  });

  test.each([
    ["testing", 425],
    ["next", 424],
  ])("looks up Vultr's %s image by name", async (image, osId) => {
    expect((await vm({ image })).inputs["osId"]).toBe(osId);
  });

  test("boots a snapshot instead of a stream, without asking for one", async () => {
    const snapshot = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    const { named, invokes } = await host({ image: snapshot });
    expect(named("host-vm").inputs).toMatchObject({ snapshotId: snapshot });
    expect(named("host-vm").inputs["osId"]).toBeUndefined();
    expect(invokes).toEqual([]);
  });

  test("keeps the user data secret and out of its own inputs", async () => {
    const { named, resources } = await host();
    expect(pulumi.runtime.isRpcSecret(named("host-vm").inputs["userData"])).toBe(true);
    expect(resources.find(({ type }) => type === "roost:vultr:UcoreHost")?.inputs).toEqual({
      region: "ewr",
      generation: 2,
    });
    expect(named("host-vm").options.additionalSecretOutputs.toSorted()).toEqual(["defaultPassword", "kvm", "userData"]);
  });

  test("is replaced by a new generation alone, after the old VM is gone", async () => {
    const { options } = await vm();
    expect(options.ignoreChanges).toEqual([...FROZEN_INPUTS]);
    expect(options.replacementTrigger).toBe(2);
    expect(options.deleteBeforeReplace).toBe(true);
  });

  test("acts before its birth, before its change, and before and after its end", async () => {
    expect((await vm()).options.hooks.toSorted()).toEqual([
      "afterDelete",
      "beforeCreate",
      "beforeDelete",
      "beforeUpdate",
    ]);
  });

  test("has no VM while it is parked, and keeps its key, its firewall and the hooks that end the VM", async () => {
    const { resources, hooks, result } = await host({ replace: 2, parked: 2 });
    expect(resources.filter(({ type }) => type === "vultr:index/instance:Instance")).toEqual([]);
    expect(result.instance).toBeUndefined();
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["host-tailnet-g2", "host-firewall", "store-root", "store-host-state"]),
    );
    expect(hooks).toEqual(expect.arrayContaining(["host-before-delete", "host-after-delete"]));
    expect(await valueOf(result.pending)).toEqual([]);
    expect(await valueOf(result.protection)).toBe(
      "parked: to restore it, take host.parked away and set host.generation to 3",
    );
  });

  test("remembers which generation is parked, and makes no VM before that memory has agreed", async () => {
    expect((await host()).named("host-parked").inputs).toEqual({ input: 0 });
    expect((await host({ replace: 2, parked: 2 })).named("host-parked").inputs).toEqual({ input: 2 });
    const { named } = await host();
    expect(named("host-parked").options.hooks).toEqual(["beforeUpdate"]);
    expect(named("host-vm").options.dependencies).toContain(named("host-parked").urn);
  });

  test.each([
    [{ parked: 2 }, "parked needs the word as well: set replace: 2 beside it"],
    [{ parked: 2, replace: 1 }, "parked needs the word as well: set replace: 2 beside it"],
    [{ parked: 1, replace: 2 }, "parked must be the generation 2, got 1"],
  ])("refuses to be parked by %o", async (more, message) => {
    await expect(host(more)).rejects.toThrow(message);
  });

  test("is protected until the word for replacing names its generation", async () => {
    expect((await vm()).options.protect).toBe(true);
    expect((await vm({ replace: 1 })).options.protect).toBe(true);
    expect((await vm({ replace: 2 })).options.protect).toBe(false);
  });

  test("says in an output whether it is protected", async () => {
    expect(await valueOf((await host()).result.protection)).toBe("on");
    expect(await valueOf((await host({ replace: 2 })).result.protection)).toBe(
      "off until the next up without host.replace",
    );
  });

  test("gives the host what opens its own generation's releases, for root alone", async () => {
    const ignition = String(unsecret((await vm()).inputs["userData"]));
    expect(modeOf(ignition, "/etc/roost/birth.json")).toBe(0o600);
    expect(JSON.parse(await ignitionFile(ignition, "/etc/roost/birth.json"))).toEqual({
      stack: "vultr.test",
      host: "host",
      generation: 2,
      store: {
        endpoint: "https://s3.us-west-004.backblazeb2.com",
        bucket: "roost-test",
        prefix: "vultr.test/host/releases/g2/",
        keyId: expect.stringMatching(/^005/),
        key: expect.stringMatching(/^K005/),
      },
      jwk: { kty: "oct", alg: "A256GCM", k: releaseKey(hostRoot(ROOT, "host"), 2) },
    });
  });

  test("opens SSH to the break-glass CIDR in place, and to nobody otherwise", async () => {
    const closed = await host();
    expect(closed.resources.some(({ type }) => type.includes("FirewallRule"))).toBe(false);
    const open = await host({ breakGlass: "203.0.113.7/32" });
    expect(open.named("host-break-glass").inputs).toMatchObject({
      firewallGroupId: "host-firewall-id",
      protocol: "tcp",
      ipType: "v4",
      subnet: "203.0.113.7",
      subnetSize: 32,
      port: "22",
    });
    expect(unsecret(open.named("host-vm").inputs["userData"])).toBe(
      unsecret(closed.named("host-vm").inputs["userData"]),
    );
  });

  test("lists nothing as pending when the VM has what the program wants", async () => {
    const { pending } = (await host()).result;
    expect(await valueOf(pending)).toEqual([]);
    expect(await pulumi.isSecret(pending)).toBe(false);
  });

  test("lists what waits for the next generation, plain and without any input's text", async () => {
    // The engine leaves ignored inputs as they were; the provider gives them back.
    const old = { userData: "old user data", region: "fra", osId: 391, hostname: "nest" };
    const { result } = await host(
      {},
      {
        computed: (args) => ({ ...computedValues(args), ...(args.name === "host-vm" ? old : {}) }),
      },
    );
    expect(await valueOf(result.pending)).toEqual(["userData changed", "region: fra -> ewr"]);
    expect(await pulumi.isSecret(result.pending)).toBe(false);
  });

  test("works while values are still unknown", async () => {
    const { named } = await host({}, { preview: true });
    expect(named("host-vm").inputs).toMatchObject({ region: "ewr", plan: "vc2-2c-4gb" });
  });

  test("names every problem of its arguments at once and registers nothing", async () => {
    const wrong = {
      region: "New Jersey",
      plan: "small",
      hostname: "My Host",
      generation: 0,
      sshKeys: ["x"],
      image: "latest",
      os: "quay.io/x",
      breakGlass: "0.0.0.0/0",
      drain: "no",
      tailnetTags: ["roost"],
    };
    await expect(host(wrong)).rejects.toThrow(
      [
        'region must be a three-letter Vultr id such as "ewr", got "New Jersey"',
        'plan must be a Vultr plan id such as "vc2-2c-4gb", got "small"',
        'hostname must be 1 to 63 lower-case letters, digits and hyphens that begin with a letter, got "My Host"',
        "generation must be a whole number, at least 1, got 0",
        'sshKeys[0] must be one public key as in a .pub file, such as "ssh-ed25519 AAAA... you"',
        'image must be stable, testing, next or the id of a snapshot, got "latest"',
        'os must be an image of ghcr.io/ublue-os with a tag or digest, such as "ghcr.io/ublue-os/ucore-minimal:stable", got "quay.io/x"',
        'breakGlass must be a CIDR narrower than /8 (IPv4) or /16 (IPv6), such as "203.0.113.7/32", got "0.0.0.0/0"',
        'drain must be "skip: <reason>", such as "skip: the disk is gone", got "no"',
        'tailnetTags[0] must be a tailnet tag such as "tag:roost", got "roost"',
      ].join("; "),
    );
  });
});
