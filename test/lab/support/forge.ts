import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { openRelease, sealRelease } from "../../../components/release/pack.ts";
import { ignitionFile } from "../../../tools/preview/artifacts.ts";
import type { RenderedHost } from "./render.ts";
import type { Store } from "./store.ts";

interface ForgedManifest {
  readonly files: { path: string; sha256?: string }[];
  readonly units: Record<string, string>;
}

/** How a release comes to be one that nobody should run. */
export interface Forgery {
  /** New content of files by path; the manifest fits it. */
  readonly files?: Readonly<Record<string, (content: string) => string>>;
  /** Agents' units that the change concerns. */
  readonly units?: readonly string[];
  /** @default the generation's own key */
  readonly key?: string;
  /** Keeps this many bytes of the sealed release. */
  readonly bytes?: number;
}

/** Uploads a changed copy of the rendered release and points to it; gives its id. */
export async function forge(store: Store, host: RenderedHost, forgery: Forgery): Promise<string> {
  const birth: { jwk: { k: string }; store: { prefix: string } } = JSON.parse(
    await ignitionFile(host.userData, "/etc/roost/birth.json"),
  );
  const archive = host.files.find(({ name }) => name.endsWith(".jwe"));
  if (archive === undefined) throw new Error("the program uploads no release");
  const entries = await openRelease(archive.content.toString(), birth.jwk.k);
  const changed = entries.map((entry) => {
    const edit = forgery.files?.[entry.path];
    return edit === undefined || "target" in entry ? entry : { ...entry, content: edit(entry.content) };
  });
  const [first, ...rest] = changed;
  if (first === undefined || "target" in first) throw new Error("the release begins with no manifest");
  const manifest: ForgedManifest = JSON.parse(first.content);
  for (const file of manifest.files) {
    const entry = rest.find(({ path }) => path === file.path);
    if (entry !== undefined && !("target" in entry)) file.sha256 = sha256(entry.content);
  }
  for (const unit of forgery.units ?? []) manifest.units[unit] = sha256(`${manifest.units[unit]} forged`);

  const tar = pack();
  for (const entry of [{ ...first, content: `${JSON.stringify(manifest, null, 2)}\n` }, ...rest]) {
    const owner = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: new Date(0), name: entry.path };
    if ("target" in entry) tar.entry({ ...owner, type: "symlink", linkname: entry.target, mode: 0o777 });
    else tar.entry({ ...owner, mode: entry.mode }, entry.content);
  }
  tar.finalize();
  const bytes = await buffer(tar);
  const id = sha256(bytes);
  const sealed = (await sealRelease(bytes, forgery.key ?? birth.jwk.k)).slice(0, forgery.bytes);
  await store.put(`${birth.store.prefix}${id}.jwe`, sealed);
  await store.put(`${birth.store.prefix}current`, JSON.stringify({ id, size: sealed.length }));
  return id;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
