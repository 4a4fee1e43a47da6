import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { deploy } from "../../../../tools/deploy/command.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** In bash's own words only: nothing else is on the PATH. */
const HEAD = `#!/bin/bash
set -u
here=\${0%/*}
printf '%s\\n' "\${0##*/} $*" >>"$here/calls"
refuse() { echo "$1" >&2; exit "\${2:-255}"; }
`;

/** Takes what Pulumi 3.259 takes of this command, and refuses a flag that it does not know. */
const PULUMI = `
[ "$*" = version ] && { printf '%s\\n' "$(<"$here/version")"; exit 0; }
command=$1; shift
[ "$command" = stack ] && { command="stack $1"; shift; }
[ "\${1-}" = --stack ] || refuse "error: no stack selected"
[ "$2" = vultr.prod ] || refuse "error: no stack named '$2' found" 6
shift 2
case $command in
  "stack export")
    [ "$*" = --non-interactive ] || refuse "error: unknown flag: $*"
    [ -e "$here/login" ] && refuse "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions" 3
    printf '%s\\n' "$(<"$here/state")"; exit 0 ;;
  up | preview) known=" --yes -y --json --diff --refresh -f --skip-preview -m fix -mfix " ;;
  destroy)
    known=" --yes -y --run-program --exclude-protected --remove -m fix "
    [[ " $* " = *" --run-program "* ]] || refuse "error: the stack has delete hooks: use --run-program"
    [[ " $* " = *" --exclude-protected "* ]] || refuse "error: resource cannot be deleted because it is protected" ;;
  *) refuse "error: unknown command \\"$command\\"" ;;
esac
for flag; do [[ $known = *" $flag "* ]] || refuse "error: unknown flag: $flag"; done
exit "$(<"$here/status")"
`;

const OP = `
[ "$*" = "vault list --format json" ] || refuse "[ERROR] unknown command or flag: $*" 1
[ "\${OP_SERVICE_ACCOUNT_TOKEN-}" = good ] || refuse "[ERROR] (401) Unauthorized: You aren't authorized to perform this request" 1
echo '[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","name":"roost"}]'
`;

const NPX = `
[ "$1 $2" = "--yes pulumi@3.265.0" ] || refuse "npm error: $1 $2" 1
shift 2
${PULUMI}`;

const STAND_INS = { pulumi: PULUMI, op: OP, npx: NPX } as const;

/** All that a deployment needs. */
export const ENVIRONMENT = {
  PULUMI_CONFIG_PASSPHRASE: "",
  VULTR_API_KEY: "vultr-hunter2",
  TAILSCALE_OAUTH_CLIENT_ID: "client",
  TAILSCALE_OAUTH_CLIENT_SECRET: "tailscale-hunter2",
  B2_APPLICATION_KEY_ID: "id",
  B2_APPLICATION_KEY: "b2-hunter2",
  OP_SERVICE_ACCOUNT_TOKEN: "good",
} as const;

const STACK_FILE = `encryptionsalt: v1:salt
config:
  roost:tenants:
    frontend:
      telegram:
        token: op://roost/frontend/credential
`;

interface Machine {
  readonly programs?: readonly (keyof typeof STAND_INS)[];
  readonly version?: string;
  readonly state?: unknown;
  readonly status?: number;
  readonly stackFile?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly ask?: (question: string) => Promise<boolean>;
}

/** A machine with stand-ins of Pulumi and \`op\`, and a project with the stack \`vultr.prod\`. */
export function machine(has: Machine = {}) {
  const root = mkdtempSync(join(tmpdir(), "roost-deploy-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const bin = join(root, "bin");
  mkdirSync(bin);
  mkdirSync(join(root, "stacks", "config"), { recursive: true });
  copyFileSync(join(ROOT, "Pulumi.yaml"), join(root, "Pulumi.yaml"));
  writeFileSync(join(root, "stacks", "config", "Pulumi.vultr.prod.yaml"), has.stackFile ?? STACK_FILE);
  symlinkSync(process.execPath, join(bin, "node"));
  for (const name of has.programs ?? ["pulumi", "op"]) script(name, HEAD + STAND_INS[name]);
  writeFileSync(join(bin, "version"), has.version ?? "v3.259.0");
  writeFileSync(join(bin, "state"), JSON.stringify(has.state ?? { version: 3, deployment: {} }));
  writeFileSync(join(bin, "status"), String(has.status ?? 0));

  function script(name: string, text: string): void {
    rmSync(join(bin, name), { force: true });
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const complained: string[] = [];
  const run = (...args: readonly string[]): Promise<number> =>
    deploy(args, {
      root,
      environment: { ...ENVIRONMENT, ...has.environment, PATH: bin },
      complain: (line) => complained.push(line),
      ...(has.ask === undefined ? {} : { ask: has.ask }),
    });
  /** What was asked of Pulumi beside its version and state. */
  const ran = (): string[] => {
    const calls = readFileSync(join(bin, "calls"), "utf8").trim().split("\n");
    return calls.filter((call) => !/^op |(^| )(version|export)( |$)/.test(call));
  };
  return { bin, root, complained, run, ran, script };
}
