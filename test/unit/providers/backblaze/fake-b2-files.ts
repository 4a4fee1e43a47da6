import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { FakeB2 } from "./fake-b2.ts";
import { authorized, bucketOf, type Call, call, Refusal, type StoredKey, type StoredVersion } from "./fake-b2-store.ts";

function versionAnswer({ bytes, ...version }: StoredVersion): object {
  return { ...version, contentLength: bytes.length, uploadTimestamp: 1 };
}

/** Calls about files. */
export const FILE_CALLS: ReadonlyMap<string, Call> = new Map([
  [
    "b2_get_upload_url",
    call("writeFiles", z.strictObject({ bucketId: z.string() }), (fake, { bucketId }, key) => {
      bucketOf(fake, bucketId);
      const uploadUrl = `${fake.url}/b2api/v4/b2_upload_file/${bucketId}`;
      return { bucketId, uploadUrl, authorizationToken: fake.newUploadToken(bucketId, key) };
    }),
  ],
  [
    "b2_download_file_by_id",
    call("readFiles", z.strictObject({ fileId: z.string() }), (fake, { fileId }) => {
      const version = fake.versions.find((stored) => stored.fileId === fileId && stored.action === "upload");
      if (version === undefined) throw new Refusal(404, "not_found", "");
      return version.bytes;
    }),
  ],
  [
    "b2_list_file_versions",
    call(
      "listFiles",
      z.strictObject({
        bucketId: z.string(),
        prefix: z.string().optional(),
        startFileName: z.string().optional(),
        maxFileCount: z.int().min(1).max(10_000).default(100),
      }),
      (fake, { bucketId, prefix = "", startFileName = "", maxFileCount }) => {
        bucketOf(fake, bucketId);
        const files = fake.versions
          .filter((version) => version.bucketId === bucketId)
          .filter(({ fileName }) => fileName.startsWith(prefix) && fileName >= startFileName)
          .toReversed() // the newest of a name first; the sort keeps that order
          .toSorted((a, b) => (a.fileName === b.fileName ? 0 : a.fileName < b.fileName ? -1 : 1));
        return { files: files.slice(0, maxFileCount).map(versionAnswer), nextFileName: null, nextFileId: null };
      },
    ),
  ],
  [
    "b2_delete_file_version",
    call("deleteFiles", z.strictObject({ fileName: z.string(), fileId: z.string() }), (fake, { fileName, fileId }) => {
      const index = fake.versions.findIndex((version) => version.fileId === fileId && version.fileName === fileName);
      if (index === -1) throw new Refusal(400, "file_not_present", "File not present");
      fake.versions.splice(index, 1);
      return { fileId, fileName };
    }),
  ],
]);

/** Takes an upload as B2 does: by its headers. */
export function storeUpload(
  fake: FakeB2,
  { bucketId, key }: { readonly bucketId: string; readonly key: StoredKey },
  headers: IncomingHttpHeaders,
  bytes: Buffer,
): object {
  const header = (name: string): string => {
    const value = headers[name];
    if (typeof value !== "string" || value === "") throw new Refusal(400, "bad_request", `missing header ${name}`);
    return value;
  };
  const stranger = Object.keys(headers).find((name) => /^x-bz-(?!info-|file-name$|content-sha1$)/.test(name));
  if (stranger !== undefined) throw new Refusal(400, "bad_request", `unknown header ${stranger}`);
  const fileName = decodeURIComponent(header("x-bz-file-name"));
  authorized(key, "writeFiles", { bucketId, fileName });
  const contentSha1 = createHash("sha1").update(bytes).digest("hex");
  if (header("x-bz-content-sha1") !== contentSha1) {
    throw new Refusal(400, "bad_request", "Sha1 did not match data received");
  }
  const info = Object.entries(headers).filter(([name]) => name.startsWith("x-bz-info-"));
  const version: StoredVersion = {
    fileId: `4_z${bucketId}_f${fake.newId(18)}`,
    fileName,
    bucketId,
    action: "upload",
    contentType: header("content-type"),
    contentSha1,
    fileInfo: Object.fromEntries(info.map(([name, value]) => [name.replace("x-bz-info-", ""), String(value)])),
    bytes,
  };
  fake.versions.push(version);
  return versionAnswer(version);
}
