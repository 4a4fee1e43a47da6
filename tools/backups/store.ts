import { spawnSync } from "node:child_process";

/** Where a stack's backups are and what opens them. */
export interface Access {
  /** Such as `https://s3.us-west-004.backblazeb2.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly keyId: string;
  readonly key: string;
}

/** One version of an object, or the marker that hides it. */
export interface Version {
  readonly key: string;
  readonly id: string;
  /** RFC 3339, by the store's clock. */
  readonly modified: string;
  readonly hidden: boolean;
  readonly latest: boolean;
}

/** The store did not do what was asked; the message is one line without a secret. */
export class StoreError extends Error {}

/** SHA-256 of nothing. */
const NO_BODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** B2 names the region in its endpoint; other stores of the S3 kind take any. */
export function regionOf(endpoint: string): string {
  return /^https:\/\/s3\.([a-z0-9-]+)\.backblazeb2\.com\/?$/.exec(endpoint)?.[1] ?? "us-east-1";
}

/** The folders directly below a prefix, such as the workloads of a host. */
export function foldersBelow(access: Access, prefix: string): string[] {
  const names = pages(access, prefix, { delimiter: "/", versions: "" }).flatMap((page) =>
    blocks(page, "CommonPrefixes").map((block) => field(block, "Prefix").slice(prefix.length, -1)),
  );
  return [...new Set(names)].toSorted();
}

/** Every version of every object below a prefix; of one object the newest first. */
export function versionsBelow(access: Access, prefix: string): Version[] {
  return pages(access, prefix, { versions: "" }).flatMap((page) =>
    [...page.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, kind, inner = ""]) => ({
      key: field(inner, "Key"),
      id: field(inner, "VersionId"),
      modified: uploaded(field(inner, "VersionId")) ?? field(inner, "LastModified"),
      hidden: kind === "DeleteMarker",
      latest: field(inner, "IsLatest") === "true",
    })),
  );
}

/** Crockford's digits: https://github.com/ulid/spec */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** versitygw gives a version the time when another took its place; its ids are ULIDs, which begin with the right one. */
function uploaded(id: string): string | undefined {
  if (!ULID.test(id)) return undefined;
  const time = Array.from(id.slice(0, 10)).reduce((sum, digit) => sum * 32 + DIGITS.indexOf(digit), 0);
  return new Date(time).toISOString();
}

/** Fetches one version of an object to a file. */
export function fetchVersion(access: Access, { key, id }: Version, file: string): void {
  request(access, `${path(key)}?versionId=${encodeURIComponent(id)}`, ["--output", file]);
}

/** Makes a file's content the newest version of an object. */
export function put(access: Access, key: string, file: string): void {
  request(access, path(key), ["--upload-file", file], "UNSIGNED-PAYLOAD");
}

/** Hides an object by name; its versions stay. */
export function hide(access: Access, key: string): void {
  request(access, path(key), ["--request", "DELETE"]);
}

function pages(access: Access, prefix: string, parameters: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  let marker: Record<string, string> = {};
  do {
    const query = Object.entries({ ...parameters, ...marker, "max-keys": "1000", prefix })
      // Signed in this order.
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&");
    const page = request(access, `?${query}`, []);
    if (!page.includes("<ListVersionsResult") || !page.includes("</ListVersionsResult>")) {
      throw new StoreError("the store did not list its objects in a whole answer");
    }
    found.push(page);
    marker = {};
    if (field(page, "IsTruncated") === "true") {
      marker["key-marker"] = field(page, "NextKeyMarker");
      const version = field(page, "NextVersionIdMarker");
      if (version !== "") marker["version-id-marker"] = version;
    }
  } while (Object.keys(marker).length > 0);
  return found;
}

function blocks(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner = ""]) => inner);
}

function field(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
  return text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function path(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** curl signs; the key travels on standard input. */
function request(access: Access, target: string, args: readonly string[], payload = NO_BODY): string {
  const { endpoint, bucket, keyId, key } = access;
  const { status, stdout, stderr, error } = spawnSync(
    "curl",
    [
      "--config",
      "-",
      "--silent",
      "--show-error",
      "--fail",
      "--max-time",
      "600",
      "--retry",
      "3",
      "--aws-sigv4",
      `aws:amz:${regionOf(endpoint)}:s3`,
      "--header",
      `x-amz-content-sha256: ${payload}`,
      ...args,
      `${endpoint.replace(/\/$/, "")}/${bucket}${target}`,
    ],
    { input: `user = "${keyId}:${key}"\n`, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (error !== undefined) throw new StoreError(`curl does not start: install it (${error.message})`);
  if (status !== 0) throw new StoreError(`the store refused or did not answer (${stderr.trim().split("\n").at(-1)})`);
  return stdout;
}
