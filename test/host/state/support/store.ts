import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The bucket of every test store. */
export const BUCKET = "roost-test";

/** The owner of the store: may do all, is on no host. */
export const OWNER = { keyId: "owner", key: "owner-secret-0123456789" } as const;

/** A host's key: adds, overwrites and hides by name; deletes no version. */
export const HOST_KEY = { keyId: "hostkey", key: "host-secret-0123456789" } as const;

export interface Credentials {
  readonly keyId: string;
  readonly key: string;
}

/** A real S3 server with versions, as a bucket for backups has them. */
export interface Store {
  readonly endpoint: string;
  stop(): Promise<void>;
  /** Removes the marker that hides an object. */
  restore(path: string): void;
  /** Signed request, the owner's by default; the answer's text. Throws on an HTTP error. */
  request(method: string, pathAndQuery: string, body?: string, by?: Credentials): string;
}

/** Where the oracles put what they build. */
export function oracle(path: string): string {
  const found = join(process.env["ROOST_ORACLES"] ?? join(homedir(), ".cache/roost/oracles"), path);
  if (!existsSync(found)) throw new Error(`${found} is not there: run test/host/run.sh, which makes it`);
  return found;
}

export async function startStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "roost-store-"));
  const gateway = oracle("versitygw-1.8.0/versitygw");
  for (const name of ["data", "versions", "users"]) mkdirSync(join(folder, name));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(
    gateway,
    [
      "--port",
      `127.0.0.1:${port}`,
      "--region",
      "us-east-1",
      "--iam-dir",
      join(folder, "users"),
      "posix",
      "--versioning-dir",
      join(folder, "versions"),
      join(folder, "data"),
    ],
    { stdio: "ignore", env: { ...process.env, ROOT_ACCESS_KEY: OWNER.keyId, ROOT_SECRET_KEY: OWNER.key } },
  );
  await answering(endpoint);
  execFileSync(
    gateway,
    [
      "admin",
      "--endpoint-url",
      endpoint,
      "create-user",
      "--access",
      HOST_KEY.keyId,
      "--secret",
      HOST_KEY.key,
      "--role",
      "user",
    ],
    { env: { ...process.env, ADMIN_ACCESS_KEY: OWNER.keyId, ADMIN_SECRET_KEY: OWNER.key } },
  );
  const request = (method: string, pathAndQuery: string, body = "", by: Credentials = OWNER): string =>
    execFileSync(
      "curl",
      [
        "--config",
        "-",
        "--silent",
        "--show-error",
        "--fail-with-body",
        "--aws-sigv4",
        "aws:amz:us-east-1:s3",
        "--request",
        method,
        "--data-binary",
        body,
        "--header",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        `${endpoint}/${pathAndQuery}`,
      ],
      { input: `user = "${by.keyId}:${by.key}"\n`, encoding: "utf8" },
    );
  request("PUT", BUCKET);
  request(
    "PUT",
    `${BUCKET}?versioning=`,
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>',
  );
  request("PUT", `${BUCKET}?policy=`, JSON.stringify(policy()));
  const restore = (path: string): void => {
    const [bucket = "", ...key] = path.split("/");
    const listed = request("GET", `${bucket}?prefix=${encodeURIComponent(key.join("/"))}&versions=`);
    const marker = /<DeleteMarker>.*?<VersionId>([^<]*)<\/VersionId>/s.exec(listed)?.[1];
    if (marker === undefined) throw new Error(`${path} is not hidden`);
    request("DELETE", `${path}?versionId=${marker}`);
  };
  return {
    endpoint,
    request,
    restore,
    stop: async () => {
      await ended(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function policy(): object {
  const allow = (resource: string, ...actions: string[]) => ({
    Effect: "Allow",
    Principal: { AWS: [HOST_KEY.keyId] },
    Resource: `arn:aws:s3:::${resource}`,
    Action: actions.map((action) => `s3:${action}`),
  });
  return {
    Version: "2012-10-17",
    Statement: [
      allow(BUCKET, "ListBucket", "ListBucketVersions", "GetBucketLocation", "ListBucketMultipartUploads"),
      allow(`${BUCKET}/*`, "GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"),
    ],
  };
}

async function answering(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      await fetch(endpoint);
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error("the test store does not answer");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) return resolve();
    server.once("exit", () => resolve());
    server.kill("SIGTERM");
  });
}
