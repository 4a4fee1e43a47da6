/**
 * Adds to package-lock.json what npm leaves out when a registry does not serve the binaries of other platforms:
 * without those entries `npm ci` refuses the lock file, and a Mac would get no linter.
 *
 *   npm run lockfile              completes the file
 *   npm run lockfile -- --check   changes nothing; exits 1 and names what is missing
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completeLock, type Lock, missingPackages } from "./lockfile/complete.ts";

function main(args: readonly string[]): number {
  if (args.length > 1 || (args.length === 1 && args[0] !== "--check")) {
    console.error("usage: npm run lockfile [-- --check]");
    return 2;
  }
  const file = join(import.meta.dirname, "..", "package-lock.json");
  // npm wrote the file; its shape is the one of `lockfileVersion` 3.
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const missing = Object.keys(missingPackages(lock));
  if (missing.length === 0) return 0;
  if (args[0] === "--check") {
    console.error(`package-lock.json lacks ${missing.join(", ")}: run npm run lockfile`);
    return 1;
  }
  writeFileSync(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: added for other platforms: ${missing.length}`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`package-lock.json: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
