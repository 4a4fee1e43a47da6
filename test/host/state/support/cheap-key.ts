import { execFileSync } from "node:child_process";
import { createCipheriv, createHash, scryptSync } from "node:crypto";
import { type Host, SOURCES } from "./host.ts";

/**
 * Gives a repository a key whose scrypt costs nothing, in place of the one that takes each restic half a second of CPU.
 * The password and the master key stay: https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
 */
export function cheapKey(host: Host, workload = "alice"): void {
  const masterKey = host.ask(workload, "cat", "masterkey");
  const script = `. "$1/lib/common.sh"; . "$1/lib/restic.sh"; restic_password "$2"`;
  const password = execFileSync("bash", ["-c", script, "test", SOURCES, workload], {
    encoding: "utf8",
    env: host.env(),
  });
  const salt = Buffer.alloc(64, 1);
  const derived = scryptSync(password, salt, 64, { N: 2, r: 8, p: 1 });
  const file = JSON.stringify({
    created: "2026-11-29T00:00:00Z",
    username: "test",
    hostname: "test",
    kdf: "scrypt",
    N: 2,
    r: 8,
    p: 1,
    salt: salt.toString("base64"),
    data: sealed(derived, Buffer.from(masterKey)).toString("base64"),
  });
  const slow = host.objects(`${workload}/keys/`);
  host.store.request(
    "PUT",
    host.bucketPath(`${workload}/keys/${createHash("sha256").update(file).digest("hex")}`),
    file,
  );
  for (const key of slow) host.store.request("DELETE", key);
}

/** Nonce, AES-256-CTR, Poly1305-AES. */
function sealed(key: Buffer, plain: Buffer): Buffer {
  const nonce = Buffer.alloc(16, 2);
  const cipher = createCipheriv("aes-256-ctr", key.subarray(0, 32), nonce);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  const pad = createCipheriv("aes-128-ecb", key.subarray(32, 48), null).update(nonce);
  return Buffer.concat([nonce, text, poly1305(text, key.subarray(48, 64), pad)]);
}

function poly1305(message: Buffer, r: Buffer, pad: Buffer): Buffer {
  const clamped = number(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = Buffer.concat([message.subarray(at, at + 16), Buffer.from([1])]);
    sum = ((sum + number(block)) * clamped) % ((1n << 130n) - 5n);
  }
  const tag = (sum + number(pad)) & ((1n << 128n) - 1n);
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, "0"), "hex").toReversed());
}

function number(littleEndian: Buffer): bigint {
  return BigInt(`0x${Buffer.from(littleEndian.toReversed()).toString("hex")}`);
}
