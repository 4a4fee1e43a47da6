import { z } from "zod";
import type { Client } from "./client.ts";

/** One version of a file, as B2 describes it. */
export const fileVersionSchema = z.object({
  fileId: z.string(),
  fileName: z.string(),
  /** `upload`, or `hide` for the marker that hides all below it. */
  action: z.string(),
  contentSha1: z.string().nullish(),
  contentType: z.string().nullish(),
  fileInfo: z.record(z.string(), z.string()).default({}),
});

/** One version of a file; B2 keeps all that were uploaded under a name. */
export type FileVersion = z.infer<typeof fileVersionSchema>;

/** The most that one call lists, at the price of one call. */
const PAGE = 1000;

const versionsSchema = z.object({ files: z.array(fileVersionSchema) });

/** The versions of one file, newest first; asked for one time. */
export async function versionsOf(client: Client, bucketId: string, fileName: string): Promise<FileVersion[]> {
  const query = { bucketId, startFileName: fileName, prefix: fileName, maxFileCount: PAGE };
  const { files } = await client.once("b2_list_file_versions", query, versionsSchema);
  return files.filter((file) => file.fileName === fileName);
}
