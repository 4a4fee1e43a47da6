/** The calls of B2's native API that the provider makes, each with the capability that B2 wants for it. */
const CAPABILITIES_OF_CALLS = {
  b2_create_bucket: "writeBuckets",
  b2_update_bucket: "writeBuckets",
  b2_list_buckets: "listBuckets",
  b2_delete_bucket: "deleteBuckets",
  b2_create_key: "writeKeys",
  b2_list_keys: "listKeys",
  b2_delete_key: "deleteKeys",
  b2_get_upload_url: "writeFiles",
  b2_upload_file: "writeFiles",
  b2_download_file_by_id: "readFiles",
  b2_list_file_versions: "listFiles",
  b2_delete_file_version: "deleteFiles",
} as const;

/** What the deployer's key must be capable of; the last two are for `defaultServerSideEncryption`. */
export const NEEDED_CAPABILITIES: readonly string[] = [
  ...new Set(Object.values(CAPABILITIES_OF_CALLS)),
  "readBucketEncryption",
  "writeBucketEncryption",
];

/** A call with a JSON body to the API's address. */
export type Call = Exclude<keyof typeof CAPABILITIES_OF_CALLS, "b2_upload_file" | "b2_download_file_by_id">;

/** Calls whose body names the account. */
export const ACCOUNT_CALLS: readonly Call[] = [
  "b2_create_bucket",
  "b2_update_bucket",
  "b2_list_buckets",
  "b2_delete_bucket",
  "b2_create_key",
  "b2_list_keys",
];

/** What a key must be capable of to make a call; nothing for the call that asks for a token. */
export function capabilityOf(operation: string): string | undefined {
  return new Map<string, string>(Object.entries(CAPABILITIES_OF_CALLS)).get(operation);
}
