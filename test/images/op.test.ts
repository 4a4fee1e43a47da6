import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { HOSTS, packed, publicKeys, release, type SigningKey, serve, signingKey } from "./support/downloads.ts";

const SCRIPT = join(import.meta.dirname, "../../images/moltbot-gateway/install-op.sh");
const FAKE_OP = readFileSync(join(import.meta.dirname, "support/fake-op.sh"), "utf8");
/** Not the address that the gateway's build is served from, which may run beside these tests. */
const ADDRESS = "127.0.0.2";
/** As gpg takes it: long enough ago for a key of one day to have expired. */
const LONG_AGO = ["--faked-system-time", "20250101T000000"] as const;

interface Served {
  /** The key that the image asks for. */
  readonly wanted: SigningKey;
  readonly archive: Buffer;
  readonly keys: string;
}

/** Runs install-op.sh against 1Password's servers as the test has them, with this machine's packages. */
async function install(prepare: (folder: string) => Served) {
  const folder = mkdtempSync(join(tmpdir(), "roost-op-"));
  const { wanted, archive, keys } = prepare(folder);
  const server = await serve(folder, ADDRESS, archive, keys);
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "apt-get"), "#!/bin/sh\n");
  chmodSync(join(bin, "apt-get"), 0o755);
  const curl = [...HOSTS.map((host) => `resolve = "${host}:443:${ADDRESS}"`), `cacert = "${folder}/authority.pem"`];
  writeFileSync(join(folder, ".curlrc"), `${curl.join("\n")}\n`);
  const out = join(folder, "installed-op");
  const environment = { PATH: `${bin}:${process.env["PATH"]}`, CURL_HOME: folder, TMPDIR: folder };
  const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) => {
    execFile("bash", [SCRIPT, wanted.fingerprint, out], { env: environment }, (error, _, complaint) => {
      resolve({ status: error?.code ?? 0, stderr: complaint });
    });
  });
  return { status, last: stderr.trim().split("\n").at(-1), installed: existsSync(out), wanted };
}

describe("install-op.sh", () => {
  test("installs what the wanted key signed", async () => {
    const { status, installed } = await install((folder) => {
      const wanted = signingKey(join(folder, "key"));
      return { wanted, archive: release(join(folder, "release"), FAKE_OP, wanted), keys: publicKeys(wanted) };
    });
    expect({ status, installed }).toEqual({ status: 0, installed: true });
  });

  test("refuses an op that was changed after it was signed", async () => {
    const { wanted, ...ended } = await install((folder) => {
      const key = signingKey(join(folder, "key"));
      release(join(folder, "release"), FAKE_OP, key);
      writeFileSync(join(folder, "release/op"), `${FAKE_OP}# changed\n`);
      return { wanted: key, archive: packed(join(folder, "release")), keys: publicKeys(key) };
    });
    expect(ended).toEqual({ status: 1, last: unsigned(wanted), installed: false });
  });

  test("refuses an op that another key of the same server signed", async () => {
    const { wanted, ...ended } = await install((folder) => {
      const [key, other] = [signingKey(join(folder, "key")), signingKey(join(folder, "other"))];
      return { wanted: key, archive: release(join(folder, "release"), FAKE_OP, other), keys: publicKeys(key, other) };
    });
    expect(ended).toEqual({ status: 1, last: unsigned(wanted), installed: false });
  });

  test("refuses a server that does not have the wanted key", async () => {
    const { wanted, ...ended } = await install((folder) => {
      const [key, other] = [signingKey(join(folder, "key")), signingKey(join(folder, "other"))];
      return { wanted: key, archive: release(join(folder, "release"), FAKE_OP, other), keys: publicKeys(other) };
    });
    const last = `install-op.sh: 1Password's server gave no key with the fingerprint ${wanted.fingerprint}`;
    expect(ended).toEqual({ status: 1, last, installed: false });
  });

  test("refuses a signature by a key that has expired", async () => {
    const { wanted, ...ended } = await install((folder) => {
      const key = signingKey(join(folder, "key"), "1d", ...LONG_AGO);
      const archive = release(join(folder, "release"), FAKE_OP, key, ...LONG_AGO);
      return { wanted: key, archive, keys: publicKeys(key) };
    });
    expect(ended).toEqual({ status: 1, last: unsigned(wanted), installed: false });
  });

  test("refuses an older release, though it is signed", async () => {
    const { status, last, installed } = await install((folder) => {
      const wanted = signingKey(join(folder, "key"));
      const older = FAKE_OP.replace("echo 2.39.0", "echo 2.18.0");
      return { wanted, archive: release(join(folder, "release"), older, wanted), keys: publicKeys(wanted) };
    });
    const line = "install-op.sh: this is not op 2.39.0, though its signature is good";
    expect({ status, last, installed }).toEqual({ status: 1, last: line, installed: false });
  });
});

function unsigned({ fingerprint }: SigningKey): string {
  return `install-op.sh: op is not signed by the key ${fingerprint}, or that key is no longer in force`;
}
