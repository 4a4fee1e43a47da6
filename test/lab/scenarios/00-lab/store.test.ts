/**
 * The lab's store is as hard on a host's key as B2 is. Why: every claim about an intruder on a host rests on what its key
 * cannot do.
 */
import { expect, test } from "vitest";
import { useLab } from "../../support/lab.ts";
import { type RenderedKey, stackConfig } from "../../support/render.ts";

let state: RenderedKey;
let release: RenderedKey;
const lab = useLab("0, the store", async () => {
  await lab.deploy(stackConfig("vultr.nanobot.example"));
  state = keyFor("/state/");
  release = keyFor("/releases/g1/");
});

function keyFor(folder: string): RenderedKey {
  const found = lab.host.keys.find(({ prefix }) => prefix.endsWith(folder));
  if (found === undefined) throw new Error(`no key is limited to ${folder}`);
  return found;
}

test("a host's key hides what it wrote, and the operator still reads it", async () => {
  const path = `/${state.prefix}frontend/config`;
  expect((await lab.store.as(state, "PUT", path, "first")).status).toBe(200);
  expect((await lab.store.as(state, "PUT", path, "second")).status).toBe(200);
  expect((await lab.store.as(state, "DELETE", path)).status).toBe(204);
  expect((await lab.store.as(state, "GET", path)).status).toBe(404);
  expect(await lab.store.versions(`${state.prefix}frontend/`)).toEqual(["second", "first"]);
});

test("a host's key ends no version and takes versioning away from nobody", async () => {
  const path = `/${state.prefix}frontend/data`;
  await lab.store.as(state, "PUT", path, "kept");
  await lab.store.as(state, "DELETE", path);
  const [version] = await lab.store.versionIds(`${state.prefix}frontend/data`);
  expect((await lab.store.as(state, "DELETE", `${path}?versionId=${version}`)).status).toBe(403);
  const suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
  expect((await lab.store.as(state, "PUT", "?versioning=", suspended)).status).toBe(403);
  expect(await lab.store.versions(`${state.prefix}frontend/data`)).toEqual(["kept"]);
});

test("a key opens its own prefix alone, and a key for releases writes nothing", async () => {
  const pointer = `/${release.prefix}current`;
  expect((await lab.store.as(release, "GET", pointer)).status).toBe(200);
  expect((await lab.store.as(state, "GET", pointer)).status).toBe(403);
  expect((await lab.store.as(release, "PUT", pointer, "{}")).status).toBe(403);
  expect((await lab.store.as(release, "DELETE", pointer)).status).toBe(403);
});

test("keeps what it holds over an outage", async () => {
  await lab.store.stop();
  await expect(lab.store.get(`${release.prefix}current`)).rejects.toThrow();
  await lab.store.resume();
  expect(JSON.parse((await lab.store.get(`${release.prefix}current`)).toString())).toHaveProperty("id");
});
