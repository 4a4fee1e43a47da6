import { accessSync, constants, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import { isRecord } from "../../agents/secret-paths.ts";
import { settingsProblems } from "../../providers/backblaze/settings.ts";
import { isOlder } from "./cli.ts";
import { askProgram } from "./programs.ts";

/** The first Node that runs TypeScript as it is; `engines` of package.json says the same. */
const NODE = "22.18.0";

interface Surroundings {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What is missing for a deployment of a stack, beside Pulumi itself: a line each, with the fix. */
export function environmentProblems(file: string, surroundings: Surroundings): string[] {
  const stack = readStack(file);
  if (stack === undefined) return [`${basename(file)} cannot be read as YAML: \`npm run preview\` says where`];
  const { environment } = surroundings;
  return [
    nodeProblem(surroundings),
    passphraseProblem(stack, environment),
    vultrProblem(stack, environment),
    tailscaleProblem(stack, environment),
    ...settingsProblems(environment).map((problem) => `${problem} (docs/deploy.md says which key)`),
    onePasswordProblem(stack, surroundings),
  ].filter((problem) => problem !== undefined);
}

/** What a stack file says that matters here. */
interface Stack {
  /** Its secrets are encrypted with a passphrase. */
  readonly passphrase: boolean;
  /** Keys of the config, such as `vultr:apiKey`. */
  readonly keys: readonly string[];
  readonly hasReferences: boolean;
}

function readStack(file: string): Stack | undefined {
  let stack: unknown;
  try {
    stack = parse(readFileSync(file, "utf8"), { logLevel: "error" }) ?? {};
  } catch {
    return undefined; // the parser's own message may quote a secret
  }
  if (!isRecord(stack)) return undefined;
  const config = isRecord(stack["config"]) ? stack["config"] : {};
  const provider = stack["secretsprovider"] ?? "passphrase";
  return {
    passphrase: "encryptionsalt" in stack && (provider === "passphrase" || provider === "default"),
    keys: Object.keys(config),
    hasReferences: hasReference(config),
  };
}

function hasReference(value: unknown): boolean {
  if (typeof value === "string") return value.startsWith("op://");
  return value instanceof Object && Object.values(value).some(hasReference);
}

/** The `node` that Pulumi will find, which need not be this one. */
function nodeProblem(surroundings: Surroundings): string | undefined {
  const { ok, stdout, complaint } = askProgram(["node"], ["--version"], surroundings);
  if (!ok) return `\`node\` on the PATH does not run (${complaint}): start this through \`npm run\``;
  if (!isOlder(stdout, NODE)) return undefined;
  return `Node ${NODE} or later is needed, the PATH has ${stdout.trim()}: start this through \`npm run\``;
}

function passphraseProblem({ passphrase }: Stack, environment: NodeJS.ProcessEnv): string | undefined {
  if (!passphrase || environment["PULUMI_CONFIG_PASSPHRASE"] !== undefined) return undefined;
  const file = environment["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (file === undefined) {
    return "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE must be set: the stack's secrets are encrypted with a passphrase";
  }
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch {
    return `PULUMI_CONFIG_PASSPHRASE_FILE must name a file that you can read, got ${file}`;
  }
}

function vultrProblem({ keys }: Stack, environment: NodeJS.ProcessEnv): string | undefined {
  if (isSet(environment, "VULTR_API_KEY") || keys.includes("vultr:apiKey")) return undefined;
  return "VULTR_API_KEY must be set to an API key of the Vultr account, whose access control admits this machine's address";
}

function tailscaleProblem({ keys }: Stack, environment: NodeJS.ProcessEnv): string | undefined {
  const given = (key: string, variable: string) => isSet(environment, variable) || keys.includes(`tailscale:${key}`);
  const client = given("oauthClientId", "TAILSCALE_OAUTH_CLIENT_ID");
  const secret = given("oauthClientSecret", "TAILSCALE_OAUTH_CLIENT_SECRET");
  // The first two are the provider's other ways in.
  const other = given("apiKey", "TAILSCALE_API_KEY") || given("identityToken", "TAILSCALE_IDENTITY_TOKEN");
  if (other || (client && secret)) return undefined;
  return "TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET must be set: an OAuth client of the tailnet with the scopes auth_keys and devices:core";
}

function onePasswordProblem(stack: Stack, surroundings: Surroundings): string | undefined {
  const { environment } = surroundings;
  const connect = isSet(environment, "OP_CONNECT_HOST") && isSet(environment, "OP_CONNECT_TOKEN");
  const inConfig = stack.keys.some((key) => key.startsWith("onepassword:"));
  // Both are ways of the provider's own that do not go through what is asked here.
  if (!stack.hasReferences || connect || inConfig) return undefined;
  if (!isSet(environment, "OP_SERVICE_ACCOUNT_TOKEN") && !isSet(environment, "OP_ACCOUNT")) {
    return "OP_SERVICE_ACCOUNT_TOKEN must be set to the token of the deployment's 1Password service account: the stack has op:// references";
  }
  const command = environment["OP_CLI_PATH"] ?? "op";
  const { ok, complaint, absent } = askProgram([command], ["vault", "list", "--format", "json"], surroundings);
  if (ok) return undefined;
  if (absent) {
    return `there is no \`${command}\` on the PATH: install the 1Password CLI (https://developer.1password.com/docs/cli/get-started), through which the stack's op:// references are read`;
  }
  return `1Password does not answer \`op vault list\` (${complaint}): check the network and OP_SERVICE_ACCOUNT_TOKEN`;
}

function isSet(environment: NodeJS.ProcessEnv, name: string): boolean {
  return (environment[name] ?? "") !== "";
}
