import { describe, expect, test } from "vitest";
import type { Manifest, ManifestArgs } from "../../../../components/release/manifest.ts";
import { openRelease, packRelease, sealRelease } from "../../../../components/release/pack.ts";

const KEY = Buffer.alloc(32, 1).toString("base64url");
const entries = [
  { path: "workloads/a/config.json", content: "{}\n", mode: 0o444 },
  { path: "quadlets/a.container", content: "[Container]\n", mode: 0o644 },
  { path: "quadlets/b.container", target: "a.container" },
];
const args: ManifestArgs = {
  stack: "vultr.test",
  host: "host",
  entries,
  units: { "a.service": ["quadlets/a.container", "workloads/a/config.json"] },
  born: { a: 1, host: 1 },
};

const manifestIn = async (tar: Uint8Array): Promise<Manifest> => {
  const [first] = await openRelease(await sealRelease(tar, KEY), KEY);
  if (first === undefined || "target" in first) throw new Error("no manifest");
  return JSON.parse(first.content);
};

describe("packRelease", () => {
  test("gives the same bytes for the same content in another order", async () => {
    const [one, other] = await Promise.all([
      packRelease(args),
      packRelease({ ...args, entries: entries.toReversed() }),
    ]);
    expect(other.tar.equals(one.tar)).toBe(true);
    expect(other.id).toBe(one.id);
  });

  test("gives another id when a byte of a file changes", async () => {
    const changed = [{ path: "workloads/a/config.json", content: "{ }\n", mode: 0o444 }, ...entries.slice(1)];
    expect((await packRelease({ ...args, entries: changed })).id).not.toBe((await packRelease(args)).id);
  });

  test("puts a manifest first that lists path, mode, owner and digest of every entry", async () => {
    const { tar } = await packRelease(args);
    expect(await manifestIn(tar)).toEqual({
      version: 1,
      stack: "vultr.test",
      host: "host",
      files: [
        {
          path: "quadlets/a.container",
          mode: "0644",
          owner: "root:root",
          sha256: "308ac8844e0c46bb1d9c1a7b77561794c940bc4d5da33036d9c8e291267eb58f",
        },
        { path: "quadlets/b.container", link: "a.container" },
        {
          path: "workloads/a/config.json",
          mode: "0444",
          owner: "root:root",
          sha256: "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356",
        },
      ],
      units: { "a.service": expect.stringMatching(/^[0-9a-f]{64}$/) },
      workloads: { a: { born: 1 }, host: { born: 1 } },
    });
  });

  test("changes a unit's digest with what it depends on and with nothing else", async () => {
    const digest = async (path: string) => {
      const changed = entries.map((entry) =>
        entry.path === path && "content" in entry ? { ...entry, content: "changed" } : entry,
      );
      return (await manifestIn((await packRelease({ ...args, entries: changed })).tar)).units["a.service"];
    };
    const unchanged = await digest("none");
    expect(await digest("workloads/a/config.json")).not.toBe(unchanged);
    const other = await packRelease({ ...args, entries: [...entries, { path: "z", content: "z", mode: 0o644 }] });
    expect((await manifestIn(other.tar)).units["a.service"]).toBe(unchanged);
  });

  test("refuses a unit that depends on what the release lacks", async () => {
    await expect(packRelease({ ...args, units: { "a.service": ["quadlets/none"] } })).rejects.toThrow(
      "a unit depends on quadlets/none, which the release does not hold",
    );
  });

  test("leaves the manifest to root, because it holds digests of secrets", async () => {
    const [manifest] = await openRelease(await sealRelease((await packRelease(args)).tar, KEY), KEY);
    expect(manifest).toMatchObject({ path: "manifest.json", mode: 0o600 });
  });
});

describe("sealRelease", () => {
  test("is opened by its key and gives back every entry", async () => {
    const { tar } = await packRelease(args);
    const opened = await openRelease(await sealRelease(tar, KEY), KEY);
    expect(opened.slice(1)).toEqual(entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  });

  test("seals equal text to equal bytes and other text with another IV", async () => {
    const iv = (jwe: string) => jwe.split(".")[2];
    const [one, same, other] = await Promise.all(["a", "a", "b"].map((text) => sealRelease(Buffer.from(text), KEY)));
    expect(same).toBe(one);
    expect(iv(other ?? "")).not.toBe(iv(one ?? ""));
  });

  test("stays shut for another key", async () => {
    const jwe = await sealRelease((await packRelease(args)).tar, KEY);
    await expect(openRelease(jwe, Buffer.alloc(32, 2).toString("base64url"))).rejects.toThrow(
      "decryption operation failed",
    );
  });

  test("says how it was sealed in the words that the host's jose command takes", async () => {
    const [header = ""] = (await sealRelease(Buffer.from("a"), KEY)).split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({ alg: "dir", enc: "A256GCM" });
  });
});
