import { describe, expect, test } from "vitest";
import { changed, MODEL_KEY, shapeProblems } from "./moltbot-fixtures.ts";

const { all, item, provider, sandbox, vault } = changed;

const model = 'must be a model as provider/model, such as "anthropic/claude-opus-5", got';
const baseUrl = 'must be an address without credentials or query, such as "https://llm.example.com/v1", got';
const glob = 'must be a glob below workspace/ that ends in a name, such as "workspace/projects/**/node_modules", got';

describe("refuses", () => {
  test.each([
    ["a missing model", all({ model: undefined }), `model ${model} nothing`],
    ["a model without its provider", all({ model: "claude" }), `model ${model} "claude"`],
    ["a fallback without its provider", all({ fallbacks: ["claude"] }), `fallbacks[0] ${model} "claude"`],
    [
      "missing providers",
      all({ providers: undefined }),
      "providers must be a map from provider names to settings, got nothing",
    ],
    [
      "a provider in capitals",
      all({ providers: { Anthropic: { apiKey: MODEL_KEY } } }),
      "providers.Anthropic must have names of at most 31 lower-case letters, digits and hyphens as keys, got a key of another form",
    ],
    [
      "a missing model key",
      all({ providers: { anthropic: {} } }),
      "providers.anthropic.apiKey must be a model provider's API key in quotes (8 to 512 characters without spaces), got something that is no string",
    ],
    [
      "credentials in an address",
      provider({ baseUrl: "https://user:pw@llm.example.com" }),
      `providers.anthropic.baseUrl ${baseUrl} a text`,
    ],
    [
      "a substitution in an address",
      provider({ baseUrl: "https://llm.example.com/${KEY}" }),
      `providers.anthropic.baseUrl ${baseUrl} a text`,
    ],
    [
      "an address with an impossible port",
      provider({ baseUrl: "https://llm.example.com:99999" }),
      `providers.anthropic.baseUrl ${baseUrl} a text`,
    ],
    [
      "an unknown api",
      provider({ api: "grpc" }),
      'providers.anthropic.api must be "openai-completions" or "openai-responses" or "anthropic-messages" or "google-generative-ai", got "grpc"',
    ],
    [
      "a negative context window",
      provider({ contextWindow: -1 }),
      "providers.anthropic.contextWindow must be a whole number from 1024 to 10000000 tokens, got -1",
    ],
    [
      "a token limit as a text",
      provider({ maxTokens: "8192" }),
      "providers.anthropic.maxTokens must be a whole number from 1 to 1000000 tokens, got a text",
    ],

    [
      "a service account's token of another form",
      vault({ serviceAccountToken: "A3-XXXXXX" }),
      "onepassword.serviceAccountToken must be a 1Password service account's token (ops_ and several hundred letters), got a text of another form",
    ],
    [
      "a missing service account's token",
      vault({ serviceAccountToken: undefined }),
      "onepassword.serviceAccountToken must be a 1Password service account's token in quotes (ops_ and several hundred letters), got something that is no string",
    ],
    [
      "a vault that op would take for an option",
      vault({ vault: "-moltbot" }),
      "onepassword.vault must be a vault's name that begins with a letter or digit, got a text",
    ],
    ["an empty registry", vault({ items: {} }), "onepassword.items must register at least one item, got none"],
    [
      "33 items",
      vault({ items: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`item-${n}`, { item: "x" }])) }),
      "onepassword.items must register at most 32 items, OpenClaw's limit",
    ],
    [
      "a slug in capitals",
      vault({ items: { GitHub: { item: "GitHub" } } }),
      "onepassword.items.GitHub must have slugs of at most 64 lower-case letters, digits and hyphens as keys, got a key of another form",
    ],
    [
      "an item that op would take for an option",
      item({ item: "--help" }),
      "onepassword.items.github-token.item must be an item's title that begins with a letter or digit, got a text",
    ],
    [
      "two fields",
      item({ field: "user,password" }),
      "onepassword.items.github-token.field must be one field's label without a comma, got a text",
    ],
    [
      "an unknown policy",
      item({ policy: "ask" }),
      'onepassword.items.github-token.policy must be "auto" or "approve" or "deny", got "ask"',
    ],
    [
      "a description over two lines",
      item({ description: "a\nb" }),
      "onepassword.items.github-token.description must be a text of at most 200 characters on one line, got a text",
    ],

    [
      "a sandbox without memory",
      sandbox({ memoryMib: 64 }),
      "sandbox.memoryMib must be a whole number from 128 to 65536 MiB, got 64",
    ],
    ["a sandbox without CPU", sandbox({ cpus: 0 }), "sandbox.cpus must be a number from 0.1 to 64 CPUs, got 0"],
    [
      "a sandbox without processes",
      sandbox({ pidsLimit: 1 }),
      "sandbox.pidsLimit must be a whole number from 16 to 32768 processes, got 1",
    ],
    [
      "an unknown scope",
      sandbox({ scope: "global" }),
      'sandbox.scope must be "session" or "agent" or "shared", got "global"',
    ],
    ["the host's network", sandbox({ network: "host" }), 'sandbox.network must be "bridge" or "none", got "host"'],
    [
      "sandboxes that are never idle",
      sandbox({ idleHours: 0 }),
      "sandbox.idleHours must be a whole number from 1 to 8760 hours, got 0",
    ],
    [
      "half a day",
      sandbox({ maxAgeDays: 0.5 }),
      "sandbox.maxAgeDays must be a whole number from 1 to 365 days, got 0.5",
    ],

    [
      "a gateway of 1 GiB",
      all({ memoryMib: 1024 }),
      "memoryMib must be a whole number from 2048 to 65536 MiB (OpenClaw peaks at 1.2 GB before any command), got 1024",
    ],
    ["a quarter of a CPU", all({ cpus: 0.25 }), "cpus must be a number from 0.5 to 64 CPUs, got 0.25"],
    [
      "a volume that XFS fills",
      all({ volumeMib: 256 }),
      "volumeMib must be a whole number from 512 to 1048576 MiB, got 256",
    ],
    [
      "a backup each minute",
      all({ backupEveryMinutes: 1 }),
      "backupEveryMinutes must be a whole number from 5 to 1440 minutes, got 1",
    ],
    ["a backup without the workspace", all({ backupExclude: ["workspace/**"] }), `backupExclude[0] ${glob} a text`],
    [
      "a backup without the state",
      all({ backupExclude: ["openclaw/state"] }),
      `backupExclude[0] ${glob} "openclaw/state"`,
    ],
    ["a path that climbs", all({ backupExclude: ["workspace/../openclaw"] }), `backupExclude[0] ${glob} a text`],
    [
      "a glob that takes an exclusion back",
      all({ backupExclude: ["!workspace/x"] }),
      `backupExclude[0] ${glob} a text`,
    ],
    ["a glob over two lines", all({ backupExclude: ["workspace/a\nopenclaw"] }), `backupExclude[0] ${glob} a text`],
    [
      "egress by name",
      all({ egress: ["llm.lan:8000"] }),
      'egress[0] must be a CIDR such as "10.20.0.0/16" or address:port such as "10.20.0.5:8000", got a name or another text: a name that does not resolve would lose the whole firewall table',
    ],
  ])("%s", (_what, found, wanted) => {
    expect(found).toEqual([wanted]);
  });

  test("several mistakes at once", () => {
    expect(shapeProblems({ providers: { anthropic: { apiKey: MODEL_KEY } }, cpus: "2", memoryMib: true })).toEqual([
      `model ${model} nothing`,
      "cpus must be a number from 0.5 to 64 CPUs, got a text",
      "memoryMib must be a whole number from 2048 to 65536 MiB (OpenClaw peaks at 1.2 GB before any command), got a boolean",
    ]);
  });
});
