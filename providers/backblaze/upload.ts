import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Client } from "./client.ts";
import { B2Error, isTransient, ProviderError } from "./errors.ts";
import { exchange, read } from "./exchange.ts";
import { urlProblem } from "./settings.ts";
import { type FileVersion, fileVersionSchema, versionsOf } from "./versions.ts";

/** A file to be. */
export interface Upload {
  readonly bucketId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer<ArrayBuffer>;
}

const uploadUrlSchema = z.object({
  uploadUrl: z.string().refine((url) => urlProblem(url) === undefined),
  authorizationToken: z.string(),
});

/** Marks the versions of one upload, so that it recognises its own after an answer was lost. */
const MARK = "roost-upload";

/** Uploads a file, checks what B2 counted, and reads it back. */
export async function upload(client: Client, file: Upload): Promise<FileVersion> {
  const sha1 = createHash("sha1").update(file.bytes).digest("hex");
  const mark = randomUUID();
  const version = await client.retry(async (attempt) => {
    const landed = attempt === 1 ? undefined : await landedVersion(client, file, sha1, mark);
    return landed ?? (await send(client, file, sha1, mark));
  }, isWorthAnotherUrl);
  if (version.contentSha1 !== sha1) throw corrupt(file, version.fileId);
  await readBack(client, file, version.fileId);
  return version;
}

async function landedVersion(client: Client, file: Upload, sha1: string, mark: string) {
  const versions = await versionsOf(client, file.bucketId, file.fileName);
  return versions.find(({ fileInfo, contentSha1 }) => fileInfo[MARK] === mark && contentSha1 === sha1);
}

/** An upload URL serves one upload: B2 wants a new one after every failure. */
async function send(client: Client, file: Upload, sha1: string, mark: string): Promise<FileVersion> {
  const operation = "b2_upload_file";
  const { bucketId, fileName, contentType, bytes } = file;
  const { uploadUrl, authorizationToken } = await client.once("b2_get_upload_url", { bucketId }, uploadUrlSchema);
  const answer = await exchange(client.io, {
    operation,
    url: uploadUrl,
    method: "POST",
    headers: {
      Authorization: authorizationToken,
      "Content-Type": contentType,
      "X-Bz-File-Name": fileName.split("/").map(encodeURIComponent).join("/"),
      "X-Bz-Content-Sha1": sha1,
      [`X-Bz-Info-${MARK}`]: mark,
    },
    body: bytes,
  });
  return read(operation, answer, fileVersionSchema);
}

/** Besides what always is: a token that ended early, and bytes that changed on their way. */
function isWorthAnotherUrl(error: unknown): boolean {
  if (isTransient(error)) return true;
  return error instanceof B2Error && (error.tokenIsStale || (error.status === 400 && /sha1/i.test(error.message)));
}

async function readBack(client: Client, file: Upload, fileId: string): Promise<void> {
  const stored = await client.retry(() => client.download(fileId));
  if (!stored.equals(file.bytes)) throw corrupt(file, fileId);
}

function corrupt({ fileName }: Upload, fileId: string): ProviderError {
  return new ProviderError(
    `the file "${fileName}" does not read back as it was uploaded: run pulumi up again, and remove the bad version with: b2 rm b2id://${fileId}`,
  );
}
