import program from "../../index.ts";
import { ConfigError } from "../../stacks/config.ts";
import { STACK_FOLDER } from "../../stacks/folder.ts";
import { compareStacks, writtenTokens } from "../../stacks/pollers.ts";
import { checkShape } from "../../stacks/shape.ts";
import { type Recorded, record } from "../record.ts";
import { type HostArtifacts, hostArtifacts } from "./artifacts.ts";
import { answer, computedValues } from "./computed.ts";
import { type HostSummary, summariseHost } from "./host-summary.ts";
import { type ResourceSummary, summariseResource } from "./resource-summary.ts";
import { type StackFile, withoutCiphertext, withPlaceholders } from "./stack-file.ts";

/** What a preview says of one stack; the shape of `--json`. */
export interface StackPreview {
  readonly stack: string;
  readonly resources: readonly ResourceSummary[];
  readonly hosts: readonly HostSummary[];
  /** Sizes as they travel: user data and sealed release, all hosts together. */
  readonly bytes: { readonly userData: number; readonly release: number };
  /** Before tax; `null` while a price is not known. */
  readonly usdPerMonth: number | null;
  readonly warnings: readonly string[];
  /** Empty when the stack could be deployed. */
  readonly problems: readonly string[];
}

/** A preview and what it would put on each host. */
export interface Evaluated {
  readonly preview: StackPreview;
  readonly artifacts: readonly HostArtifacts[];
}

/** Evaluates one stack: its file as written, then the real program with a stand-in for every secret. */
export async function evaluate(file: StackFile): Promise<Evaluated> {
  const { stack, raw } = file;
  if (file.unreadable) return refused(file, file.problems, []);
  const shape = checkShape(withoutCiphertext(raw));
  const written = [
    ...file.problems,
    ...("problems" in shape ? shape.problems.filter((problem) => !follows(problem, file)) : []),
  ];
  const recorded = await run(stack, withPlaceholders(raw), false);
  const foreign = recorded.errors.filter((error) => !(error instanceof ConfigError));
  // A program that does not exist, say: then nothing else about the file matters.
  if (foreign.length > 0) return refused(file, unique(foreign.flatMap(messagesOf)), []);
  if (written.length > 0) return refused(file, written, []);

  const { tokens, encrypted } = writtenTokens(raw);
  const others = compareStacks(tokens, stack, STACK_FOLDER);
  const incomparable = encrypted.map((path) => `${path} is encrypted and cannot be compared with other stacks`);
  const warnings = unique([...file.warnings, ...incomparable, ...others.warnings, ...recorded.warnings]);
  const problems = [...others.problems, ...recorded.errors.flatMap(messagesOf)];
  if (problems.length > 0) return refused(file, unique(problems), warnings);

  const unknown = await run(stack, withPlaceholders(raw), true);
  const unknownProblems = unknown.errors
    .flatMap(messagesOf)
    .map((message) => `while values are still unknown: ${message}`);
  if (unknownProblems.length > 0) return refused(file, unique(unknownProblems), warnings);

  const artifacts = await hostArtifacts(recorded);
  const hosts = artifacts.map((host) => summariseHost(host, recorded.resources));
  return {
    artifacts,
    preview: {
      stack,
      resources: recorded.resources.map(summariseResource),
      hosts,
      bytes: {
        userData: sum(artifacts.map(({ userDataBytes }) => userDataBytes)),
        release: sum(artifacts.map(({ releaseBytes }) => releaseBytes)),
      },
      usdPerMonth: hosts.some(({ usdPerMonth }) => usdPerMonth === null)
        ? null
        : sum(hosts.map(({ usdPerMonth }) => usdPerMonth ?? 0)),
      warnings,
      problems: [],
    },
  };
}

function run(stack: string, config: unknown, preview: boolean): Promise<Recorded<object>> {
  const keys = Object.entries(config as Record<string, unknown>); // rawConfig made it a map
  return record(program, {
    stack,
    preview,
    config: Object.fromEntries(keys.map(([key, value]) => [`roost:${key}`, JSON.stringify(value)])),
    computed: computedValues,
    call: answer,
  });
}

function refused({ stack }: StackFile, problems: readonly string[], warnings: readonly string[]): Evaluated {
  return {
    artifacts: [],
    preview: {
      stack,
      resources: [],
      hosts: [],
      bytes: { userData: 0, release: 0 },
      usdPerMonth: null,
      warnings,
      problems,
    },
  };
}

/** A part that is encrypted as a whole has no shape either; one line about it is enough. */
function follows(problem: string, { hidden }: StackFile): boolean {
  return hidden.some((path) => problem.startsWith(`roost:${path} `) || problem.startsWith(`roost:${path}.`));
}

/** What a person has to know of an error: its own words, without a stack. */
function messagesOf(error: unknown): string[] {
  if (error instanceof ConfigError) return [...error.problems];
  return [(error instanceof Error ? error.message : String(error)).split("\n    at ", 1)[0] ?? ""];
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
