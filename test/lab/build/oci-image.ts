/**
 * Makes the lab's agent image and prints its reference by digest: one layer with a program, a busybox for whoever looks
 * around inside, and the paths that the rendered units expect. The same input gives the same bytes.
 *
 * Usage: node oci-image.ts NAME PROGRAM BUSYBOX OUT
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";

const APPLETS = ["sh", "cat", "ls", "id", "ip", "kill", "nc", "ps", "ping", "sleep", "stat", "wget"];

type Entry = readonly [header: Partial<Header> & { readonly name: string }, content?: Buffer | string];

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry({ uid: 0, gid: 0, mtime: new Date(0), ...header }, content ?? "");
  tar.finalize();
  return buffer(tar);
}

function folder(name: string, mode = 0o755): Entry {
  return [{ name, type: "directory", mode }];
}

function link(name: string, linkname: string): Entry {
  return [{ name, type: "symlink", linkname }];
}

const [name = "", program = "", busybox = "", out = ""] = process.argv.slice(2);
const layer = await tarOf([
  ...["bin", "data", "etc", "proc", "run", "sys", "usr", "usr/bin"].map((path) => folder(path)),
  folder("tmp", 0o1777),
  [{ name: "etc/passwd", mode: 0o644 }, "root:x:0:0::/:/bin/sh\nagent:x:1000:1000::/data:/bin/sh\n"],
  [{ name: "bin/busybox", mode: 0o755 }, readFileSync(busybox)],
  ...APPLETS.map((applet) => link(`bin/${applet}`, "busybox")),
  [{ name: "usr/bin/agent", mode: 0o755 }, readFileSync(program)],
  link("usr/bin/python3", "agent"),
]);

const blobs = new Map<string, Buffer>();
function blob(content: Buffer | object, kind: string): Descriptor {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const digest = createHash("sha256").update(bytes).digest("hex");
  blobs.set(digest, bytes);
  return { mediaType: `application/vnd.oci.image.${kind}`, digest: `sha256:${digest}`, size: bytes.length };
}

const rootfs = blob(layer, "layer.v1.tar");
const config = blob(
  {
    architecture: "amd64",
    os: "linux",
    config: { Entrypoint: ["/usr/bin/agent"], Cmd: ["gateway"], Env: ["PATH=/usr/bin:/bin"] },
    rootfs: { type: "layers", diff_ids: [rootfs.digest] },
  },
  "config.v1+json",
);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const manifest = blob({ schemaVersion: 2, mediaType, config, layers: [rootfs] }, "manifest.v1+json");
const index = {
  schemaVersion: 2,
  manifests: [{ ...manifest, annotations: { "org.opencontainers.image.ref.name": `${name}:lab` } }],
};
writeFileSync(
  out,
  await tarOf([
    [{ name: "oci-layout", mode: 0o644 }, '{"imageLayoutVersion":"1.0.0"}'],
    [{ name: "index.json", mode: 0o644 }, JSON.stringify(index)],
    ...[...blobs].map(([digest, bytes]): Entry => [{ name: `blobs/sha256/${digest}`, mode: 0o644 }, bytes]),
  ]),
);
console.log(`${name}@${manifest.digest}`);
