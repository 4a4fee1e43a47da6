import { beforeAll, describe, expect, test } from "vitest";
import { main } from "../../../stacks/vultr.ts";
import { type HostArtifacts, hostArtifacts, ignitionFile } from "../../../tools/preview/artifacts.ts";
import { answer, computedValues } from "../../../tools/preview/computed.ts";
import { type Recorded, record, unsecret } from "../../../tools/record.ts";
import { asPulumi, config, token } from "./fixture.ts";

const SNAPSHOT = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
const OS = "ghcr.io/ublue-os/ucore-minimal:testing";
const ROOT = Buffer.alloc(32, 9).toString("base64url");
const AUTH = '{"auths":{"ghcr.io":{"auth":"dTpw"}}}';
const RESTIC = `ghcr.io/owner/restic@sha256:${"3".repeat(64)}`;
const KEYS = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ one",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelR two",
];

describe("everything that a person sets arrives", () => {
  let recorded: Recorded<object>;
  let host: HostArtifacts;

  beforeAll(async () => {
    const raw = config({
      host: {
        region: "fra",
        plan: "vhf-2c-4gb",
        hostname: "nest",
        generation: 2,
        sshKeys: KEYS,
        image: SNAPSHOT,
        os: OS,
        breakGlass: "203.0.113.7/32",
      },
      store: { bucket: "roost-test", root: ROOT },
      images: { ...(config()["images"] as object), registryAuth: AUTH, restic: RESTIC },
      alerts: {
        webhook: "https://hooks.example/w",
        ntfy: "https://ntfy.example/n",
        ping: "https://ping.example/p",
        telegram: { token: token("z"), chat: "-1001234567890" },
        deafMinutes: 25,
      },
      reboot: { day: "Wed", hour: 3 },
    });
    recorded = await record(main, { config: asPulumi(raw), computed: computedValues, call: answer });
    expect(recorded.errors).toEqual([]);
    const [only] = await hostArtifacts(recorded);
    if (only === undefined) throw new Error("the program made no host");
    host = only;
  });

  const inputsOf = (name: string) => recorded.resources.find((resource) => resource.name === name)?.inputs ?? {};

  test("at the VM: region, plan, name and snapshot", () => {
    const { region, plan, hostname, label, snapshotId, osId } = inputsOf("host-vm");
    expect({ region, plan, hostname, label, snapshotId, osId }).toEqual({
      region: "fra",
      plan: "vhf-2c-4gb",
      hostname: "nest",
      label: "nest",
      snapshotId: SNAPSHOT,
      osId: undefined,
    });
  });

  test("in the user data: the OS to rebase to and the SSH keys", async () => {
    expect(await ignitionFile(host.ignition, "/etc/roost/os-image")).toBe(`${OS}\n`);
    expect(JSON.parse(host.ignition).passwd.users).toContainEqual({ name: "core", sshAuthorizedKeys: KEYS });
  });

  test("in the provider's firewall and in the release's: the break-glass CIDR", () => {
    const { subnet, subnetSize } = inputsOf("host-break-glass");
    expect([subnet, subnetSize]).toEqual(["203.0.113.7", 32]);
    expect(host.release).toContainEqual({
      path: "firewall/break-glass.nft",
      content: "add rule inet roost input ip saddr 203.0.113.7/32 tcp dport 22 accept\n",
      mode: 0o644,
    });
  });

  test("in the release: the registry's login and the SSH keys", () => {
    expect(host.release).toContainEqual({ path: "secrets/auth.json", content: AUTH, mode: 0o400 });
    expect(host.release).toContainEqual({ path: "authorized_keys", content: `${KEYS.join("\n")}\n`, mode: 0o644 });
  });

  test("in the release: how alerts go out, when the host may reboot, and where restic comes from", () => {
    const json = (path: string): unknown => {
      const entry = host.release.find((candidate) => candidate.path === path);
      return JSON.parse(entry !== undefined && "content" in entry ? entry.content : "null");
    };
    expect(json("secrets/alerts.json")).toEqual({
      webhook: "https://hooks.example/w",
      ntfy: "https://ntfy.example/n",
      ping: "https://ping.example/p",
      telegram: { token: token("z"), chat: "-1001234567890" },
    });
    expect(json("host/config.json")).toEqual({
      stack: "vultr.test",
      host: "host",
      resticImage: RESTIC,
      alerts: { deafMinutes: 25 },
      reboot: { day: "Wed", hour: 3 },
      firewall: { breakGlass: "203.0.113.7/32" },
    });
  });

  test("in the store: the root of a recovery kit", () => {
    expect(unsecret(inputsOf("store-root")["input"])).toBe(ROOT);
  });
});
