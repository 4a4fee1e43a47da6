import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Host } from "./support/host.ts";

const FILE = "/var/lib/roost/state/frontend/data/pairing.json";
const EMPTY = { approved: {}, pending: {} };
const PARTS = ["tenant", "pairing"];

function hostWith(pairing?: string, fields: Record<string, unknown> = {}): Host {
  const host = new Host();
  host.tenant("frontend", fields);
  if (pairing !== undefined) {
    host.write(FILE, pairing);
    host.give(FILE);
  }
  return host;
}

const store = (host: Host): unknown => JSON.parse(host.read(FILE));

test("ids that the allow list does not know are removed, and pending codes with them", async () => {
  const host = hostWith(
    JSON.stringify({ approved: { telegram: ["123", "666"], discord: ["9"] }, pending: { "ABCD-EFGH": {} } }),
  );

  expect(await host.library(PARTS, "clean_pairing frontend")).toEqual({ code: 0, out: "", err: "" });

  expect(store(host)).toEqual({ approved: { telegram: ["123"], discord: [] }, pending: {} });
  expect(lstatSync(join(host.root, FILE)).uid).toBe(300_001);
});

test("a workload with `pairing: true` keeps its store", async () => {
  const text = JSON.stringify({ approved: { telegram: ["666"] }, pending: {} });
  const host = hostWith(text, { pairing: true });

  await host.library(PARTS, "clean_pairing frontend");

  expect(host.read(FILE)).toBe(text);
});

test("without a store none is made", async () => {
  const host = hostWith();

  expect((await host.library(PARTS, "clean_pairing frontend")).code).toBe(0);
  expect(host.exists(FILE)).toBe(false);
});

test.each([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["larger than a mebibyte", JSON.stringify({ approved: { telegram: ["6".repeat(1_100_000)] } })],
])("a store that is %s lets nobody in afterwards", async (_, text) => {
  const host = hostWith(text);

  expect((await host.library(PARTS, "clean_pairing frontend")).code).toBe(0);
  expect(store(host)).toEqual(EMPTY);
});

test("a link in place of the store is replaced, and what it points to is neither read nor written", async () => {
  const host = hostWith();
  const target = join(host.root, "target.json");
  writeFileSync(target, JSON.stringify({ approved: { telegram: ["123"] } }));
  symlinkSync(target, join(host.root, FILE));

  expect((await host.library(PARTS, "clean_pairing frontend")).code).toBe(0);

  expect(lstatSync(join(host.root, FILE)).isSymbolicLink()).toBe(false);
  expect(store(host)).toEqual(EMPTY);
  expect(readFileSync(target, "utf8")).toBe('{"approved":{"telegram":["123"]}}');
});

test("a FIFO or a folder in place of the store hangs nobody", async () => {
  for (const make of ["mkfifo -m 666", "mkdir -m 777"]) {
    const host = hostWith();
    await host.library([], `${make} "$ROOT${FILE}"`);

    expect((await host.library(PARTS, `chown 300001 "$ROOT${FILE}"; clean_pairing frontend`)).code).toBe(0);
    expect(store(host)).toEqual(EMPTY);
  }
});

test("a store that cannot be replaced fails with a line that says what follows", async () => {
  const host = hostWith(JSON.stringify({ approved: { telegram: ["666"] } }));

  const result = await host.library(
    PARTS,
    `chown 0:0 "$VAR/state/frontend/data"; chmod 755 "$VAR/state/frontend/data"; clean_pairing frontend`,
  );

  expect(result.code).toBe(1);
  expect(result.err).toContain(
    "frontend: pairing.json could not be cleaned, so people who are not on its allow list may get in",
  );
});

test("nothing runs as a uid of the host's own", async () => {
  const host = hostWith(undefined, { agentUid: 0 });
  mkdirSync(join(host.root, "other"), { recursive: true });

  expect((await host.library(PARTS, "as_tenant frontend id -u")).code).toBe(3);
});
