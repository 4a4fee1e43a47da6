import type { Project } from "./project.ts";

/** Every resource of the state by its URN, and what of it is still to be deleted. */
export async function resources(project: Project): Promise<string[]> {
  const state = await project.state();
  return state.map(({ urn, delete: going }) => `${urn}${going === true ? " (to be deleted)" : ""}`).toSorted();
}

/** What exists at the services and in no state: stand-ins' resources by name, B2's keys and buckets by id. */
export async function leftovers(project: Project) {
  const ids = new Set((await project.state()).map(({ id }) => id));
  const stray = project.cloud.live().filter(({ id }) => !ids.has(id));
  const keys = [...project.b2.keys.keys()].filter((id) => id !== project.b2.master.keyId && !ids.has(id));
  const buckets = [...project.b2.buckets.keys()].filter((id) => !ids.has(id));
  return { stray: stray.map(({ name }) => name), keys, buckets };
}
