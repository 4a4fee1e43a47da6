import * as pulumi from "@pulumi/pulumi";
import { secretPaths } from "../agents/secret-paths.ts";
import type { Workload } from "../agents/workload.ts";
import { STACK_FOLDER } from "./folder.ts";
import { checkMeaning, repeatedTokens } from "./meaning.ts";
import { resolveReferences } from "./onepassword.ts";
import { compareStacks, writtenTokens } from "./pollers.ts";
import { type VultrConfig, vultrSchema } from "./schema.ts";
import { checkShape } from "./shape.ts";
import { configuredWorkloads } from "./workloads.ts";

/** Every problem of one round; nothing has been registered. */
export class ConfigError extends pulumi.RunError {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(stack: string, problems: readonly string[]) {
    super(
      `the configuration of ${stack} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/** A stack's config, checked in three rounds, and the workloads that it declares. */
export interface Loaded {
  readonly config: VultrConfig;
  readonly workloads: readonly Workload[];
}

/** Reads and checks the config of the program `vultr`; all problems of a round at once, before anything is registered. */
export async function loadConfig(): Promise<Loaded> {
  const stack = pulumi.getStack();
  const raw = readConfig();
  const written = shaped(stack, raw);

  const meaning = checkMeaning(written, stack);
  const others = compareStacks(writtenTokens(raw).tokens, stack, STACK_FOLDER);
  for (const warning of [...meaning.warnings, ...others.warnings]) void pulumi.log.warn(warning);
  refuse(stack, [...meaning.problems, ...others.problems]);

  const resolved = await resolveReferences(raw, secretPaths(vultrSchema, raw));
  if ("problems" in resolved) throw new ConfigError(stack, resolved.problems);
  const config = shaped(stack, resolved.raw, " (from 1Password)");
  const workloads = configuredWorkloads(config);
  // Two references may name one token.
  refuse(stack, repeatedTokens(workloads));
  return { config, workloads };
}

/** A provider's own setting in the stack's config. */
export function providerSetting(provider: string, key: string): string | undefined {
  return new pulumi.Config(provider).get(key);
}

/** With `getObject`, which opens encrypted leaves: the schema knows which of them stay secret. */
function readConfig(): Record<string, unknown> {
  const config = new pulumi.Config("roost");
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith("roost:"));
  return Object.fromEntries(
    keys.map((full) => {
      const key = full.slice("roost:".length);
      try {
        return [key, config.getObject<unknown>(key)];
      } catch {
        // A single value; the SDK's own message repeats it, the schema's does not.
        return [key, ""];
      }
    }),
  );
}

function shaped(stack: string, raw: unknown, origin = ""): VultrConfig {
  const shape = checkShape(raw);
  if ("problems" in shape)
    throw new ConfigError(
      stack,
      shape.problems.map((problem) => problem + origin),
    );
  return shape.config;
}

function refuse(stack: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigError(stack, problems);
}
