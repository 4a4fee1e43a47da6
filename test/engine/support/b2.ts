import { FakeB2 } from "../../unit/providers/backblaze/fake-b2.ts";

/** Another B2 that holds what this one does. */
export async function copyB2(from: FakeB2): Promise<FakeB2> {
  const copy = await FakeB2.start();
  for (const [id, bucket] of from.buckets) copy.buckets.set(id, structuredClone(bucket));
  for (const [id, key] of from.keys) copy.keys.set(id, structuredClone(key));
  copy.versions.push(...from.versions.map((version) => ({ ...version, bytes: Buffer.from(version.bytes) })));
  // Ids rise, and the copy goes on where this one is.
  const last = from.newId(24);
  while (copy.newId(24) < last);
  return copy;
}
