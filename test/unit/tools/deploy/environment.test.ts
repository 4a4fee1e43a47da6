import { expect, test } from "vitest";
import { isOlder } from "../../../../tools/deploy/cli.ts";
import { machine } from "./stand-ins.ts";

const NOTHING = {
  PULUMI_CONFIG_PASSPHRASE: undefined,
  VULTR_API_KEY: "",
  TAILSCALE_OAUTH_CLIENT_ID: undefined,
  B2_APPLICATION_KEY_ID: undefined,
  B2_APPLICATION_KEY: "",
  OP_SERVICE_ACCOUNT_TOKEN: undefined,
};
const PASSPHRASE =
  "up: PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE must be set: the stack's secrets are encrypted with a passphrase";
const VULTR =
  "up: VULTR_API_KEY must be set to an API key of the Vultr account, whose access control admits this machine's address";
const TAILSCALE =
  "up: TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_OAUTH_CLIENT_SECRET must be set: an OAuth client of the tailnet with the scopes auth_keys and devices:core";
const ONE_PASSWORD =
  "up: OP_SERVICE_ACCOUNT_TOKEN must be set to the token of the deployment's 1Password service account: the stack has op:// references";

test("everything that is missing is said at once, a line each with the fix, and Pulumi is not started", async () => {
  const { run, ran, complained, script } = machine({ version: "v3.249.9", environment: NOTHING });
  script("node", "#!/bin/bash\necho v20.11.0\n");
  expect(await run("up", "vultr.prod")).toBe(1);
  expect(complained).toEqual([
    "up: Pulumi 3.250.0 or later is needed, the PATH has v3.249.9: https://www.pulumi.com/docs/install",
    "up: Node 22.18.0 or later is needed, the PATH has v20.11.0: start this through `npm run`",
    PASSPHRASE,
    VULTR,
    TAILSCALE,
    "up: B2_APPLICATION_KEY_ID must be set to the id of a B2 application key (docs/deploy.md says which key)",
    "up: B2_APPLICATION_KEY must be set to that key's secret half (docs/deploy.md says which key)",
    ONE_PASSWORD,
  ]);
  expect(ran()).toEqual([]);
});

/** The lines with an environment and a stack file; none when Pulumi ran. */
async function lines(has: Parameters<typeof machine>[0]): Promise<string[]> {
  const { run, complained } = machine(has);
  expect(await run("up", "vultr.prod")).toBe(complained.length === 0 ? 0 : 1);
  return complained;
}

const PLAIN = "encryptionsalt: v1:salt\nconfig: {}\n";

test("a stack without references needs no 1Password, and one without a passphrase none", async () => {
  expect(
    await lines({ stackFile: PLAIN, programs: ["pulumi"], environment: { OP_SERVICE_ACCOUNT_TOKEN: "" } }),
  ).toEqual([]);
  const environment = { PULUMI_CONFIG_PASSPHRASE: undefined };
  expect(await lines({ stackFile: `secretsprovider: awskms://x\n${PLAIN}`, environment })).toEqual([]);
  expect(await lines({ stackFile: "config: {}\n", environment })).toEqual([]);
  expect(await lines({ stackFile: `secretsprovider: passphrase\n${PLAIN}`, environment })).toEqual([PASSPHRASE]);
});

test("a passphrase may stand in a file, which has to be there", async () => {
  const from = (file: string) => ({ PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: file });
  expect(await lines({ environment: from(import.meta.filename) })).toEqual([]);
  expect(await lines({ environment: from("/none/such") })).toEqual([
    "up: PULUMI_CONFIG_PASSPHRASE_FILE must name a file that you can read, got /none/such",
  ]);
});

test("credentials may also be the providers' own config", async () => {
  const stackFile = `config:
  vultr:apiKey: { secure: v1:x }
  tailscale:oauthClientId: { secure: v1:x }
  tailscale:oauthClientSecret: { secure: v1:x }
  onepassword:serviceAccountToken: { secure: v1:x }
  roost:moltbot: { discord: { token: op://roost/moltbot/credential } }
`;
  const environment = { VULTR_API_KEY: "", TAILSCALE_OAUTH_CLIENT_ID: "", OP_SERVICE_ACCOUNT_TOKEN: "" };
  expect(await lines({ stackFile, environment })).toEqual([]);
});

test("an OAuth client without its secret is not enough, an API key is", async () => {
  const environment = { TAILSCALE_OAUTH_CLIENT_SECRET: "" };
  expect(await lines({ environment })).toEqual([TAILSCALE]);
  expect(await lines({ environment: { ...environment, TAILSCALE_API_KEY: "tskey-api-x" } })).toEqual([]);
});

test("1Password that refuses the token says so in its own words", async () => {
  expect(await lines({ environment: { OP_SERVICE_ACCOUNT_TOKEN: "revoked" } })).toEqual([
    "up: 1Password does not answer `op vault list` ([ERROR] (401) Unauthorized: You aren't authorized to perform this request): check the network and OP_SERVICE_ACCOUNT_TOKEN",
  ]);
});

test("references without the op command are refused with where to get it", async () => {
  expect(await lines({ programs: ["pulumi"] })).toEqual([
    "up: there is no `op` on the PATH: install the 1Password CLI (https://developer.1password.com/docs/cli/get-started), through which the stack's op:// references are read",
  ]);
});

test("a Connect server is read without op", async () => {
  const environment = { OP_CONNECT_HOST: "https://connect", OP_CONNECT_TOKEN: "x", OP_SERVICE_ACCOUNT_TOKEN: "" };
  expect(await lines({ programs: ["pulumi"], environment })).toEqual([]);
});

test("a stack file that is no YAML is not quoted", async () => {
  expect(await lines({ stackFile: "config: {secret: hunter2\n" })).toEqual([
    "up: Pulumi.vultr.prod.yaml cannot be read as YAML: `npm run preview` says where",
  ]);
});

test("versions compare by number, and one that cannot be read is old", () => {
  const older = ["v3.249.9", "v3.9.0", "2.300.0", "dev"].map((found) => isOlder(found, "3.250.0"));
  const newer = ["v3.250.0", "v3.250.1-alpha", "v4.0.0", "v3.1000.0"].map((found) => isOlder(found, "3.250.0"));
  expect({ older, newer }).toEqual({ older: [true, true, true, true], newer: [false, false, false, false] });
});

test("the version that npx would fetch is one that Pulumi.yaml accepts", async () => {
  const { run, complained } = machine({ programs: ["op"] });
  await run("up", "vultr.prod");
  const [, wanted = "", pinned = ""] = /Pulumi (\S+) or later .*pulumi@(\S+)/.exec(complained[0] ?? "") ?? [];
  expect(isOlder(pinned, wanted)).toBe(false);
  expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
});
