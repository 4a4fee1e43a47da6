import { createHash } from "node:crypto";
import { z } from "zod";
import { bucketFileArguments } from "./arguments.ts";
import { hasCode, ProviderError } from "./errors.ts";
import { type Properties, plainOf, present } from "./properties.ts";
import { REPLACED_BY } from "./replaced-by.ts";
import { afterwards, type Context, GONE, type ResourceType } from "./resource-type.ts";
import { upload } from "./upload.ts";
import { type FileVersion, versionsOf } from "./versions.ts";

/** Where one version is, as the state has it. */
const placeSchema = z.object({ bucketId: z.string(), fileName: z.string(), fileId: z.string() });
type Place = z.infer<typeof placeSchema>;

/**
 * Small files. B2 keeps every version that was uploaded under a name: a change is a new version on top, then the version
 * that the state knows is deleted for good (what a release no longer holds shall not be readable), and no other ever is.
 */
export function bucketFileType(context: Context): ResourceType {
  const { client, warn } = context;
  /** Ids of versions that are in the state, or were made by this process. */
  const known = new Set<unknown>();

  async function put(news: Properties): Promise<{ place: Place; outs: Properties }> {
    const args = bucketFileArguments.parse(plainOf(present(news)));
    const { bucketId, fileName, contentType } = args;
    const bytes = Buffer.from(args.content, "base64");
    const { accountId } = await client.account();
    const { fileId } = await upload(client, { bucketId, fileName, contentType, bytes });
    known.add(fileId);
    // The state holds the content as an input already, and `sha256` speaks for it.
    const { content: _content, ...shown } = present(news);
    return { place: { bucketId, fileName, fileId }, outs: { ...shown, fileId, accountId } };
  }

  async function remove({ fileName, fileId }: Place): Promise<void> {
    try {
      await client.call("b2_delete_file_version", { fileName, fileId }, z.object({ fileId: z.string() }));
    } catch (error) {
      if (!hasCode(error, "file_not_present", "no_such_file", "not_found")) throw error;
    }
  }

  /** Uploads whose run was killed, or that somebody else made, lie below ours and come up when ours goes. */
  async function warnOfStrangers(urn: string, { bucketId, fileName }: Place): Promise<void> {
    const versions = await client.retry(() => versionsOf(client, bucketId, fileName));
    const strangers = versions.filter((version) => version.action === "upload" && !known.has(version.fileId));
    if (strangers.length === 0) return;
    const removal = strangers.map((version) => `b2 rm b2id://${version.fileId}`).join("; ");
    await warn(
      urn,
      `B2 has more versions of "${fileName}" that this run did not meet in the stack's state. Unless pulumi stack export lists one, remove it with: ${removal}`,
    );
  }

  const lookForStrangers = (urn: string, place: Place): Promise<void> =>
    afterwards(context, urn, "versions that nobody knows were not looked for", () => warnOfStrangers(urn, place));

  return {
    inputs: bucketFileArguments,
    replacedBy: REPLACED_BY.BucketFile,
    notCompared: ["content"],
    meet: (_id, olds) => known.add(plainOf(olds["fileId"])),

    check(_olds, news) {
      const { content, sha256 } = news;
      if (typeof content !== "string" || typeof sha256 !== "string") return [];
      const actual = createHash("sha256").update(Buffer.from(content, "base64")).digest("hex");
      return actual === sha256 ? [] : [{ property: "", reason: "sha256 must be the digest of the decoded content" }];
    },

    async create(urn, news) {
      const { place, outs } = await put(news);
      await lookForStrangers(urn, place);
      return { id: `${place.bucketId}/${place.fileName}`, outs };
    },

    async read(id, olds) {
      const old = placeSchema.safeParse(plainOf(olds));
      if (!old.success) {
        throw new ProviderError(
          `the file ${id} cannot be imported: its content is made by the program. Let Pulumi upload it anew`,
        );
      }
      const { bucketId, fileName, fileId } = old.data;
      const versions = await versionsIn(bucketId, fileName);
      if (!versions.some((version) => version.fileId === fileId)) return GONE;
      const [newest] = versions;
      if (newest?.fileId === fileId) return { id, props: { ...olds } };
      // Another digest than the program's makes the next up put the right content on top again.
      return { id, props: { ...olds, sha256: `covered by ${newest?.action} ${newest?.fileId}` } };
    },

    async update(_id, urn, olds, news) {
      const before = placeSchema.parse(plainOf(olds));
      const { place, outs } = await put(news);
      // The new version is in force: what is left to do is tidying.
      await afterwards(context, urn, `the version before is still there (b2 rm b2id://${before.fileId})`, () =>
        remove(before),
      );
      await lookForStrangers(urn, place);
      return { outs };
    },

    async delete(_id, urn, olds) {
      const place = placeSchema.parse(plainOf(olds));
      await remove(place);
      await lookForStrangers(urn, place);
    },
  };

  async function versionsIn(bucketId: string, fileName: string): Promise<FileVersion[]> {
    try {
      return await client.retry(() => versionsOf(client, bucketId, fileName));
    } catch (error) {
      if (hasCode(error, "bad_bucket_id")) return [];
      throw error;
    }
  }
}
