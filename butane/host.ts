import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Document } from "yaml";
import { appendOverlay, type ButaneEntry, parseBase } from "./overlay.ts";

/** Folder that `local` and `contents_local` of the host's Butane document are relative to. */
export const HOST_FILES_DIR = join(import.meta.dirname, "files");

/** What the signature policy of a host accepts as its OS: images that ublue-os signs, by tag or digest. */
export const OS_IMAGE = /^ghcr\.io\/ublue-os\/[a-z0-9][a-z0-9._-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/;

/** One DNS label that begins with a letter. */
export const HOSTNAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A public key as in a .pub file: one line, which becomes a line of `authorized_keys`. */
export const SSH_KEY =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}( [^\p{Cc}\u2028\u2029]*)?$/u;

/** What a host must know to fetch and open its releases; lies in `/etc/roost/birth.json`, root only. */
export interface Birth {
  /** Full stack name, such as `vultr.prod`. */
  readonly stack: string;
  /** Name of the host component, `host`; never the hostname. */
  readonly host: string;
  readonly generation: number;
  readonly store: {
    /** S3 endpoint, such as `https://s3.us-west-004.backblazeb2.com`. */
    readonly endpoint: string;
    readonly bucket: string;
    /** Prefix of this generation's releases, `<stack>/<host>/releases/g<N>/`. */
    readonly prefix: string;
    readonly keyId: string;
    readonly key: string;
  };
  /** Key of this generation's releases; `k` is base64url of 32 bytes. */
  readonly jwk: { readonly kty: "oct"; readonly alg: "A256GCM"; readonly k: string };
}

/** What differs per host at birth. */
export interface HostButaneArgs {
  /** One DNS label, such as `agent`; also the node's name in the tailnet. */
  readonly hostname: string;
  /** Public keys that may log in as `core`, one line each, as in `authorized_keys`. */
  readonly sshKeys: readonly string[];
  /** Image to rebase to, such as `ghcr.io/ublue-os/ucore-minimal:stable`. */
  readonly osImage: string;
  /** One-off key to the tailnet; the host removes it once it has joined. */
  readonly tailnetKey: string;
  readonly birth: Birth;
}

/** What a host is born with comes from where the rest of its scripts lie: each release has the libraries too. */
const HOST_SCRIPTS = join(import.meta.dirname, "../host");
const BIRTH_SCRIPTS = [
  ["roost-birth", 0o755],
  ["lib/common.sh", 0o644],
  ["lib/store.sh", 0o644],
] as const;

let cachedBase: Document.Parsed | undefined;

/**
 * The whole Butane document of a host, secrets included: the base `host.bu` with what differs per host.
 * Throws one line with all arguments that cannot be written into a host's files.
 */
export function hostButane(args: HostButaneArgs): string {
  const problems = hostProblems(args);
  if (problems.length > 0) throw new Error(`host: ${problems.join("; ")}`);
  cachedBase ??= parseBase(readFileSync(join(import.meta.dirname, "host.bu"), "utf8"));
  return appendOverlay(cachedBase, {
    passwd: { users: [{ name: "core", ssh_authorized_keys: args.sshKeys }] },
    storage: {
      files: [
        file("/etc/hostname", 0o644, `${args.hostname}\n`),
        file("/etc/roost/os-image", 0o644, `${args.osImage}\n`),
        ...BIRTH_SCRIPTS.map(([path, mode]) =>
          file(`/usr/local/lib/roost/${path}`, mode, readFileSync(join(HOST_SCRIPTS, path), "utf8")),
        ),
        file("/etc/roost/birth.json", 0o600, `${JSON.stringify(args.birth)}\n`),
        // In /var: an OS update keeps a copy of /etc.
        file("/var/lib/roost/tailnet.key", 0o600, `${args.tailnetKey}\n`),
      ],
    },
  });
}

function hostProblems({ hostname, sshKeys, osImage }: HostButaneArgs): string[] {
  const problems: string[] = [];
  if (!HOSTNAME.test(hostname)) {
    problems.push(`hostname must be one DNS label such as "agent", got ${JSON.stringify(hostname)}`);
  }
  for (const [index, key] of sshKeys.entries()) {
    if (!SSH_KEY.test(key)) {
      problems.push(`sshKeys[${index}] must be one line such as "ssh-ed25519 AAAA... name", got something else`);
    }
  }
  if (!OS_IMAGE.test(osImage)) {
    problems.push(
      `osImage must be a signed image such as "ghcr.io/ublue-os/ucore-minimal:stable", got ${JSON.stringify(osImage)}`,
    );
  }
  return problems;
}

function file(path: string, mode: number, inline: string): ButaneEntry {
  return { path, mode, contents: { inline } };
}
