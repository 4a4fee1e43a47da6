import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { packRelease, sealRelease } from "../../../../components/release/pack.ts";
import { hostRoot, releaseKey } from "../../../../components/store/derive.ts";
import type { ReleaseEntry } from "../../../../quadlets/release-file.ts";
import { BUCKET, HOST_KEY, oracle, type Store } from "../../state/support/store.ts";

const REPOSITORY = join(import.meta.dirname, "../../../..");
const STAND_INS = join(import.meta.dirname, "../stand-ins");
const HOST_ROOT = hostRoot(Buffer.alloc(32, 5).toString("base64url"), "host");
const SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ you@laptop";

export interface Result {
  readonly status: number | null;
  readonly stderr: string;
}

/** What a release of a test says of one tenant. */
export interface Tenant {
  readonly config?: string;
  readonly secret?: string;
  readonly image?: string;
  readonly volumeMib?: number;
}

export interface ReleaseOptions {
  /** Files that replace or join those of the release. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stack?: string;
  readonly generation?: number;
}

/** A release as the deployment packs it. */
export interface Release {
  readonly id: string;
  readonly tar: Buffer;
  readonly sealed: string;
}

/** Packs and seals a release with these tenants and the scripts of the repository. */
export async function release(
  stack: string,
  tenants: Readonly<Record<string, Tenant>>,
  options: ReleaseOptions = {},
): Promise<Release> {
  const { files = {}, generation = 1 } = options;
  const own = Object.entries(tenants).flatMap(([name, tenant]) => tenantEntries(name, tenant));
  const entries: ReleaseEntry[] = [
    ...hostScripts(),
    ...own,
    { path: "host/config.json", content: JSON.stringify({ stack, host: "host", resticImage: null }), mode: 0o644 },
    { path: "units/roost-agents.target", content: "[Unit]\nDescription=Agents\n", mode: 0o644 },
    { path: "units/timers.target.wants/roost-health.timer", target: "../roost-health.timer" },
    { path: "authorized_keys", content: `${SSH_KEY}\n`, mode: 0o644 },
    { path: "secrets/host-root", content: HOST_ROOT, mode: 0o400 },
    { path: "secrets/state.json", content: "{}", mode: 0o400 },
  ];
  const replaced = entries.filter(({ path }) => !(path in files));
  const added = Object.entries(files).map(([path, content]) => ({ path, content, mode: 0o644 }));
  const units = Object.fromEntries(
    Object.keys(tenants).map((name) => [
      `nanobot@${name}.service`,
      [`workloads/${name}/config.json`, `secrets/podman/nanobot-${name}-telegram`],
    ]),
  );
  const born = Object.fromEntries(["host", ...Object.keys(tenants)].map((name) => [name, 1]));
  const packed = await packRelease({
    stack: options.stack ?? stack,
    host: "host",
    entries: [...replaced, ...added],
    units,
    born,
  });
  return { ...packed, sealed: await sealRelease(packed.tar, releaseKey(HOST_ROOT, generation)) };
}

function tenantEntries(name: string, { config = "{}", secret = "a token", ...more }: Tenant): ReleaseEntry[] {
  const workload = {
    name,
    kind: "nanobot",
    service: `nanobot@${name}.service`,
    container: `nanobot-${name}`,
    image: more.image ?? "registry.example/nanobot@sha256:0",
    agentUid: 300_001,
    volumeMib: more.volumeMib ?? 310,
  };
  return [
    { path: `host/workloads/${name}.json`, content: JSON.stringify(workload), mode: 0o644 },
    { path: `workloads/${name}/config.json`, content: config, mode: 0o444 },
    { path: `secrets/podman/nanobot-${name}-telegram`, content: secret, mode: 0o400 },
  ];
}

function hostScripts(): ReleaseEntry[] {
  const folder = join(REPOSITORY, "host");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((file) => !file.includes("/units/"))
    .map((file) => ({
      path: `host/${relative(folder, file)}`,
      content: readFileSync(file, "utf8"),
      mode: readFileSync(file, "utf8").startsWith("#!") ? 0o755 : 0o644,
    }));
}

/** A host in a folder: real scripts, jose, curl, XFS and store; Podman and systemd are strict stand-ins. */
export class SyncHost {
  readonly root = mkdtempSync(join(tmpdir(), "roost-sync-"));
  readonly stand = join(this.root, "stand-ins");
  readonly store: Store;
  readonly stack: string;
  readonly environment: Record<string, string> = { GATE_SECONDS: "5" };

  constructor(store: Store, stack: string) {
    this.store = store;
    this.stack = stack;
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    for (const folder of ["active", "containers", "secrets", "sick", "final", "refuses", "bin"])
      mkdirSync(join(this.stand, folder), { recursive: true });
    const birth = {
      stack,
      host: "host",
      generation: 1,
      store: { endpoint: store.endpoint, bucket: BUCKET, prefix: this.prefix, ...HOST_KEY },
      jwk: { kty: "oct", alg: "A256GCM", k: releaseKey(HOST_ROOT, 1) },
    };
    this.write("etc/roost/birth.json", JSON.stringify(birth));
    for (const folder of ["etc/roost/releases/none", "var/lib/roost/state", "var/home/core/.ssh/authorized_keys.d"])
      mkdirSync(this.path(folder), { recursive: true });
    mkdirSync(this.path("usr/libexec/podman"), { recursive: true });
    symlinkSync(oracle("quadlet-5.4/quadlet"), this.path("usr/libexec/podman/quadlet"));
    symlinkSync("releases/none", this.path("etc/roost/current"));
  }

  get prefix(): string {
    return `${this.stack}/host/releases/g1/`;
  }

  path(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  /** Bytes of a file. */
  size(path: string): number {
    return statSync(this.path(path)).size;
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** Uploads a release and points to it, as the deployment does. */
  publish({ id, sealed }: Release): void {
    this.upload(`${id}.jwe`, sealed);
    this.upload("current", JSON.stringify({ id, size: sealed.length }));
  }

  upload(name: string, content: string): void {
    const file = join(this.stand, "upload");
    writeFileSync(file, content);
    // curl reads the file: a release is too long for an argument.
    this.store.request("PUT", `${BUCKET}/${this.prefix}${name}`, `@${file}`);
  }

  birth(...args: string[]): Result {
    return this.bash(join(REPOSITORY, "host/roost-birth"), ...args);
  }

  /** Runs roost-sync of the release in force, as its timer does. */
  sync(...args: string[]): Result {
    return this.bash(this.path("etc/roost/current/host/roost-sync"), ...args);
  }

  /** Shadows one tool by a script. */
  shadow(tool: string, script: string): void {
    writeFileSync(join(this.stand, "bin", tool), `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(join(this.stand, "bin", tool), 0o755);
  }

  unshadow(tool: string): void {
    rmSync(join(this.stand, "bin", tool));
  }

  /** The release that runs: what `current` and `in-force` say, which are one when nothing is under way. */
  inForce(): string {
    const link = readlinkSync(this.path("etc/roost/current")).replace("releases/", "");
    const noted = this.exists("var/lib/roost/in-force") ? this.read("var/lib/roost/in-force").trim() : "none";
    return link === noted ? link : `${link} and ${noted}`;
  }

  status(): Record<string, unknown> {
    return (JSON.parse(this.read("var/lib/roost/status.json")) as { release: Record<string, unknown> }).release;
  }

  container(name: string): string | undefined {
    return this.standIn(`containers/${name}`);
  }

  secret(name: string): string | undefined {
    return this.standIn(`secrets/${name}`);
  }

  standIn(file: string, content?: string): string | undefined {
    const path = join(this.stand, file);
    if (content !== undefined) writeFileSync(path, content);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  }

  calls(): string[] {
    return (this.standIn("calls") ?? "").split("\n");
  }

  /** Digest of every file below a folder, by path. */
  tree(path: string): Record<string, string> {
    const folder = this.path(path);
    return Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name))
        .map((file) => [relative(folder, file), createHash("sha256").update(readFileSync(file)).digest("hex")]),
    );
  }

  mount(name: string): void {
    const at = this.path(`var/lib/roost/state/${name}`);
    execFileSync("mount", ["-o", "loop", this.path(`var/lib/roost/volumes/${name}.xfs`), at]);
    onTestFinished(() => {
      spawnSync("umount", [at]);
    });
  }

  private bash(...args: string[]): Result {
    const env = {
      PATH: `${join(this.stand, "bin")}:${STAND_INS}:/usr/sbin:/usr/bin:/sbin:/bin`,
      SHLVL: "1",
      STATE: this.stand,
      ROOST_ROOT: this.root,
      HOME: this.root,
      ...this.environment,
    };
    const { status, stderr } = spawnSync("bash", args, { encoding: "utf8", env, timeout: 100_000 });
    return { status, stderr };
  }
}
