import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ORACLE = "nanobot-0.3.5-2";

/** What nanobot's own loader says of a config.json: status 0 understood, 1 problems, 2 not readable. */
export interface NanobotVerdict {
  readonly status: number;
  /** One line `file: path: problem` each, without values. */
  readonly output: string;
}

/** A provider of nanobot's registry. */
export interface RegisteredProvider {
  readonly name: string;
  readonly apiBase: string;
  readonly oauth: boolean;
  readonly needsKey: boolean;
  readonly chat: boolean;
}

/** Asks the real nanobot about config.json files, more strictly than its own start does. */
export function checkNanobotConfig(...files: readonly string[]): Promise<NanobotVerdict> {
  return run(files);
}

/** The providers that the real nanobot knows. */
export async function registeredProviders(): Promise<readonly RegisteredProvider[]> {
  const { status, output } = await run(["--providers"]);
  if (status !== 0) throw new Error(output);
  // The script's own output, whose form the tests rely on.
  return JSON.parse(output) as RegisteredProvider[];
}

/** What the real WhatsApp channel compares with `allowFrom`: number and LID of each address, empty where it has none. */
export async function whatsappSenders(addresses: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  const { status, output } = await run(["--whatsapp", ...addresses]);
  if (status !== 0) throw new Error(output);
  // The script's own output, whose form the tests rely on.
  return JSON.parse(output) as [string, string][];
}

async function run(args: readonly string[]): Promise<NanobotVerdict> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const python = join(process.env["ROOST_ORACLES"] ?? join(cache, "roost/oracles"), ORACLE, "venv/bin/python");
  if (!existsSync(python)) throw new Error(`${python} is missing: run test/conformance/oracles/nanobot.sh`);
  const script = fileURLToPath(new URL("nanobot-check.py", import.meta.url));
  // Nothing of the caller's environment: a NANOBOT_ variable or a key of its own would change the answer.
  const child = spawn(python, ["-B", script, ...args], { env: { PATH: process.env["PATH"] ?? "" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 2));
  });
  return { status, output };
}
