import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { join } from "node:path";

const CERTIFICATE = join(import.meta.dirname, "../../agents/support/certificate.sh");

/** The release that images/moltbot-gateway asks for. */
export const OP_VERSION = "2.39.0";
export const HOSTS = ["cache.agilebits.com", "downloads.1password.com"] as const;

/** A key of ours in the place of 1Password's. */
export interface SigningKey {
  readonly home: string;
  readonly fingerprint: string;
}

function gpg(home: string, ...args: readonly string[]): string {
  return execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--passphrase", "", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Makes a signing key; `expires` as gpg takes it. */
export function signingKey(folder: string, expires = "1y", ...options: readonly string[]): SigningKey {
  mkdirSync(folder, { mode: 0o700 });
  gpg(folder, ...options, "--quick-generate-key", "Code signing <codesign@example.com>", "ed25519", "sign", expires);
  const fingerprint = /^fpr:+(\w+):$/m.exec(gpg(folder, "--list-keys", "--with-colons"))?.[1];
  if (fingerprint === undefined) throw new Error("gpg made no key");
  return { home: folder, fingerprint };
}

/** The public keys as 1Password serves them. */
export function publicKeys(...keys: readonly SigningKey[]): string {
  return keys.map(({ home }) => gpg(home, "--armor", "--export")).join("");
}

/** A release as 1Password packs it: `op` with its detached signature. */
export function release(folder: string, op: string, key: SigningKey, ...options: readonly string[]): Buffer {
  mkdirSync(folder);
  writeFileSync(join(folder, "op"), op);
  chmodSync(join(folder, "op"), 0o755);
  gpg(key.home, ...options, "--detach-sign", "--output", join(folder, "op.sig"), join(folder, "op"));
  return packed(folder);
}

/** The archive of a folder with `op` and `op.sig`. */
export function packed(folder: string): Buffer {
  execFileSync("python3", ["-m", "zipfile", "-c", "op.zip", "op", "op.sig"], { cwd: folder });
  return readFileSync(join(folder, "op.zip"));
}

/** 1Password's two servers on port 443 of a loopback address; `folder` then holds `authority.pem`. */
export async function serve(folder: string, address: string, archive: Buffer, keys: string): Promise<Server> {
  execFileSync("bash", [CERTIFICATE, folder, ...HOSTS], { stdio: "pipe" });
  const answers = new Map<string, Buffer>([
    [`cache.agilebits.com/dist/1P/op2/pkg/v${OP_VERSION}/op_linux_amd64_v${OP_VERSION}.zip`, archive],
    ["downloads.1password.com/linux/keys/1password.asc", Buffer.from(keys)],
  ]);
  const pem = (name: string): Buffer => readFileSync(join(folder, name));
  const server = createServer({ key: pem("key.pem"), cert: pem("certificate.pem") }, (request, response) => {
    const answer = answers.get(`${request.headers.host}${request.url}`);
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(443, address, resolve);
  });
  return server;
}
