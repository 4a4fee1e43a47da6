import { HOST_FILES_DIR } from "../../butane/host.ts";
import { filesDir, renderIgnition } from "../../butane/render/ignition.ts";
import { InvalidArgsError } from "../../providers/validation.ts";

/** What later parts of a host still have to fit beside, in bytes: 24 of the 32 KiB that every host accepts. */
export const USER_DATA_BUDGET_BYTES = 24 * 1024;

/** The user data of a host's Butane document, Ignition JSON; refuses one that is over the budget. */
export function userData(butane: string): string {
  const ignition = renderIgnition(butane, filesDir(HOST_FILES_DIR));
  const bytes = Buffer.byteLength(ignition);
  if (bytes > USER_DATA_BUDGET_BYTES) {
    throw new InvalidArgsError(
      `user data must have at most ${USER_DATA_BUDGET_BYTES} bytes, got ${bytes}: give fewer or shorter SSH keys`,
    );
  }
  return ignition;
}
