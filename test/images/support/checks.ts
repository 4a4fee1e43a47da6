import { lstatSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../conformance/support/host-tree.ts";

function found(root: string, ...conditions: readonly string[]): string[] {
  const { status, stdout, stderr } = run("find", [root, "-xdev", ...conditions, "-printf", "/%P\\n"]);
  if (status !== 0) throw new Error(stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Programs that would run with another user's or group's rights. */
export function setuidFiles(root: string): string[] {
  return found(root, "-type", "f", "-perm", "/6000");
}

/** Files that anyone may write, and folders but those like /tmp. */
export function writableByAll(root: string): string[] {
  return found(root, "(", "-type", "f", "-o", "-type", "d", ")", "-perm", "-0002", "!", "-perm", "-1000");
}

/** Files that hold logins, and names of variables that do. */
export function credentials(root: string, environment: readonly string[]): string[] {
  const names = [".npmrc", ".netrc", "auth.json", ".git-credentials", "service-account-token", "pip.conf"];
  const any = names.flatMap((name) => ["-o", "-name", name]).slice(1);
  const files = found(root, "-type", "f", "-size", "+0", "(", ...any, ")");
  const variables = environment.filter((entry) => /(^|_)(TOKEN|KEY|SECRET|PASSWORD|CREDENTIALS?)(_\w+)?=/i.test(entry));
  return [...files, ...variables];
}

/** Owner and mode of a path and of every folder above it, as `uid:gid mode path`. */
export function ownersOf(root: string, path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => {
    const here = `/${parts.slice(0, index + 1).join("/")}`;
    const { uid, gid, mode } = lstatSync(join(root, here));
    return `${uid}:${gid} ${(mode & 0o7777).toString(8)} ${here}`;
  });
}
