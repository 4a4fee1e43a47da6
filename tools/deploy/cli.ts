import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isRecord } from "../../agents/secret-paths.ts";
import { askProgram, type Program } from "./programs.ts";

/** The package `pulumi` at npm, which downloads the CLI of its own version. */
const PINNED = "pulumi@3.265.0";

export interface CliSurroundings {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Asks a person yes or no; absent where nobody sits. */
  readonly ask?: (question: string) => Promise<boolean>;
}

/** The user's Pulumi, or what is wrong with it. */
export async function findPulumi(
  args: readonly string[],
  surroundings: CliSurroundings,
): Promise<{ readonly pulumi: Program } | { readonly problem: string }> {
  const wanted = requiredVersion(surroundings.root);
  const answer = askProgram(["pulumi"], ["version"], surroundings);
  if (answer.absent) return npx(args, wanted, surroundings);
  if (!answer.ok) return { problem: `\`pulumi version\` failed (${answer.complaint}): install Pulumi once more` };
  const found = answer.stdout.trim();
  if (isOlder(found, wanted)) {
    return {
      problem: `Pulumi ${wanted} or later is needed, the PATH has ${found}: https://www.pulumi.com/docs/install`,
    };
  }
  return { pulumi: ["pulumi"] };
}

async function npx(args: readonly string[], wanted: string, { ask }: CliSurroundings) {
  const command: Program = ["npx", "--yes", PINNED];
  const line = [...command, ...args].join(" ");
  const absent = "there is no `pulumi` on the PATH";
  if (ask !== undefined && (await ask(`${absent}; run \`${line}\` instead, which downloads it?`))) {
    return { pulumi: command };
  }
  return {
    problem: `${absent}: install Pulumi ${wanted} or later (https://www.pulumi.com/docs/install), or run \`${line}\`, which downloads it`,
  };
}

/** The oldest version that Pulumi.yaml accepts. */
function requiredVersion(root: string): string {
  const project: unknown = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8"));
  const range = isRecord(project) ? String(project["requiredPulumiVersion"]) : "";
  const version = /^>=(\d+\.\d+\.\d+)$/.exec(range)?.[1];
  if (version === undefined) throw new Error(`requiredPulumiVersion in Pulumi.yaml must be >=X.Y.Z, got ${range}`);
  return version;
}

/** Whether a version, such as `v3.259.0-alpha`, is older than another; one that cannot be read is. */
export function isOlder(found: string, wanted: string): boolean {
  const [have, want] = [numbers(found), numbers(wanted)];
  const at = want.findIndex((number, index) => number !== have[index]);
  return at !== -1 && (have[at] ?? -1) < (want[at] ?? 0);
}

function numbers(version: string): number[] {
  return (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}
