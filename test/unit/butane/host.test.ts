import { describe, expect, test } from "vitest";
import { hostButane, OS_IMAGE } from "../../../butane/host.ts";
import { hostArgs } from "./fixtures.ts";
import { file, parseHost, paths, renderHost } from "./rendered-host.ts";

const host = parseHost();

/** A key of the length of RSA 4096, which gzip cannot shrink much. */
function rsa(seed: number): string {
  const key = Array.from(
    { length: 700 },
    (_, index) => "ABCDEFGHabcdefgh01234567+/wxyzQR"[(index * index * seed) % 31],
  );
  return `ssh-rsa ${key.join("")} someone@somewhere.example`;
}

describe("hostButane", () => {
  test("appends what differs per host and nothing else", () => {
    const other = parseHost({ hostname: "other", sshKeys: [], birth: { ...hostArgs.birth, generation: 2 } });
    const differing = paths(host).filter((path) => file(host, path).text !== file(other, path).text);
    expect(differing).toEqual(["/etc/hostname", "/etc/roost/birth.json"]);
    expect(paths(other)).toEqual(paths(host));
  });

  test("keeps nothing of one host for the next", () => {
    const first = hostButane(hostArgs);
    hostButane({ ...hostArgs, hostname: "other" });
    expect(hostButane(hostArgs)).toBe(first);
  });

  test("writes modes as the octal numbers that Butane and people read", () => {
    expect(hostButane(hostArgs)).toMatch(/- path: \/etc\/roost\/birth\.json\n {6}mode: 0o600\n/);
  });

  test.each([
    ["/etc/hostname", 0o644, "agent\n"],
    ["/etc/roost/os-image", 0o644, "ghcr.io/ublue-os/ucore-minimal:stable\n"],
    ["/etc/roost/birth.json", 0o600, `${JSON.stringify(hostArgs.birth)}\n`],
    ["/var/lib/roost/tailnet.key", 0o600, `${hostArgs.tailnetKey}\n`],
  ])("writes %s with mode %o", (path, mode, text) => {
    expect(file(host, path)).toEqual({ text, mode });
  });

  test("puts each credential into its one root-only file", () => {
    const { store, jwk } = hostArgs.birth;
    for (const credential of [store.key, store.keyId, jwk.k, hostArgs.tailnetKey]) {
      expect(hostButane(hostArgs).split(credential)).toHaveLength(2);
    }
  });

  test("says the mode of every file, so that no default of Ignition's decides", () => {
    expect(host.storage.files.filter(({ mode }) => mode === undefined)).toEqual([]);
  });

  test("lets the given SSH keys and nobody else log in as core", () => {
    expect(host.passwd.users).toContainEqual({ name: "core", sshAuthorizedKeys: hostArgs.sshKeys });
    expect(renderHost().match(/sshAuthorizedKeys/g)).toHaveLength(1);
  });

  test("stays under 22 KiB with the longest names, long SSH keys and credentials of the greatest length", () => {
    const { birth } = hostArgs;
    const bytes = renderHost({
      hostname: "h".repeat(63),
      sshKeys: [3, 5, 7, 11].map(rsa),
      osImage: `ghcr.io/ublue-os/ucore-minimal@sha256:${"0123456789abcdef".repeat(4)}`,
      tailnetKey: `tskey-auth-${"kD3vC7qZ1x".repeat(8)}`,
      birth: { ...birth, stack: `vultr.${"p".repeat(60)}`, store: { ...birth.store, bucket: "b".repeat(63) } },
    }).length;
    expect(bytes).toBeLessThan(22 * 1024);
  });

  test.each([
    [{ hostname: "Agent.example" }, 'host: hostname must be one DNS label such as "agent", got "Agent.example"'],
    [{ hostname: "a\nb" }, String.raw`host: hostname must be one DNS label such as "agent", got "a\nb"`],
    [
      { sshKeys: ["ssh-ed25519 AAAA a", "ssh-ed25519 AAAA\nssh-rsa BBBB"] },
      'host: sshKeys[1] must be one line such as "ssh-ed25519 AAAA... name", got something else',
    ],
    [
      { osImage: "quay.io/fedora/fedora-coreos:stable" },
      'host: osImage must be a signed image such as "ghcr.io/ublue-os/ucore-minimal:stable", got "quay.io/fedora/fedora-coreos:stable"',
    ],
    [
      { hostname: "", osImage: "x" },
      'host: hostname must be one DNS label such as "agent", got ""; osImage must be a signed image such as "ghcr.io/ublue-os/ucore-minimal:stable", got "x"',
    ],
  ])("refuses %j", (changes, message) => {
    expect(() => hostButane({ ...hostArgs, ...changes })).toThrow(new Error(message));
  });

  test.each(["ghcr.io/ublue-os/ucore:stable-20260801", `ghcr.io/ublue-os/ucore-hci@sha256:${"a".repeat(64)}`])(
    "takes %s for an OS image",
    (image) => {
      expect(image).toMatch(OS_IMAGE);
    },
  );

  test.each(["ghcr.io/ublue-os/ucore", "ghcr.io/ublue-os/a/b:c", "ghcr.io/ublue-os.evil/ucore:stable"])(
    "does not take %s for an OS image",
    (image) => {
      expect(image).not.toMatch(OS_IMAGE);
    },
  );
});
