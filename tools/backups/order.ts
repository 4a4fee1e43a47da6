import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { ROOT_PATTERN } from "../../components/store/derive.ts";
import type { Access } from "./store.ts";

/** A mistake of the caller's; the message is one line. */
export class UsageError extends Error {}

/** Whose backups, and how to open them. */
export interface Order {
  readonly access: Access;
  /** The store's root, in base64url. */
  readonly root: string;
  readonly stack: string;
  /** Name of the host's component. */
  readonly host: string;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

const kitSchema = z.object({
  bucket: z.string().min(1),
  endpoint: z.url(),
  root: z.string().regex(ROOT_PATTERN),
});

/**
 * Reads `<stack> [WORD...] [--option VALUE...]`. The recovery kit is the JSON file that `ROOST_RECOVERY_KIT` names, else
 * the stack's output, by `pulumi`; the key is `B2_APPLICATION_KEY_ID` and `B2_APPLICATION_KEY`.
 */
export function readOrder(args: readonly string[], known: readonly string[], environment: NodeJS.ProcessEnv): Order {
  const words: string[] = [];
  const options: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (!word.startsWith("--")) words.push(word);
    else {
      const name = word.slice(2);
      const value = args[++at];
      if (!known.includes(name) || value === undefined) {
        throw new UsageError(
          `${word} is not an option with a value; there are: ${known.map((each) => `--${each} VALUE`).join(", ")}`,
        );
      }
      options[name] = value;
    }
  }
  const [stack, ...rest] = words;
  if (stack === undefined || !/^[a-z-]+\.[A-Za-z0-9._-]+$/.test(stack)) {
    throw new UsageError("the first word must be a stack, such as vultr.prod");
  }
  const { B2_APPLICATION_KEY_ID: keyId = "", B2_APPLICATION_KEY: key = "" } = environment;
  if (keyId === "" || key === "") {
    throw new UsageError("B2_APPLICATION_KEY_ID and B2_APPLICATION_KEY must be a key that reads the bucket");
  }
  const { bucket, endpoint, root } = readKit(stack, environment);
  return {
    access: { endpoint, bucket, keyId, key },
    root,
    stack,
    host: options["host"] ?? "host",
    words: rest,
    options,
  };
}

function readKit(stack: string, environment: NodeJS.ProcessEnv): z.infer<typeof kitSchema> {
  const file = environment["ROOST_RECOVERY_KIT"];
  const text = file === undefined ? outputOf(stack, environment) : textOf(file);
  const where = file === undefined ? `the output recoveryKit of ${stack}` : "the file of ROOST_RECOVERY_KIT";
  const kit = kitSchema.safeParse(json(text));
  if (!kit.success) throw new UsageError(`${where} must be JSON with bucket, endpoint and root, as \`up\` gave them`);
  return kit.data;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UsageError("ROOST_RECOVERY_KIT must name a file that can be read");
  }
}

function outputOf(stack: string, environment: NodeJS.ProcessEnv): string {
  const args = ["stack", "output", "recoveryKit", "--show-secrets", "--json", "--stack", stack];
  const { status, stdout } = spawnSync("pulumi", args, { encoding: "utf8", env: environment });
  if (status !== 0) {
    throw new UsageError(
      `there is no recovery kit: set ROOST_RECOVERY_KIT to its file, or make \`pulumi ${args.join(" ")}\` work`,
    );
  }
  return stdout;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
