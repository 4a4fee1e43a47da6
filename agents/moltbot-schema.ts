import type { z } from "zod";
import { egressProblem } from "./egress.ts";
import { choice, digits, flag, fresh, list, mapKey, mapOf, matching, number, text, wholeNumber } from "./fields.ts";
import { shown, strictMap } from "./keys.ts";
import { discordToken, modelKey, secretLeaf, telegramToken } from "./secret-leaf.ts";

/** Least memory of the gateway in MiB: OpenClaw 2026.9.6 settles at about 0.8 GB, peaks at 1.2 GB, and each command run beside it adds up to 0.46 GB. */
const GATEWAY_MIB = 2048;

/** Smallest state volume in MiB: below it XFS leaves too little beside its own log. */
const MIN_VOLUME_MIB = 512;

/** What a build makes again from what is kept; globs below the state volume. */
const REGENERABLE = ["node_modules", "target", ".venv", "__pycache__", ".cache", ".gradle", ".next"];

/** Keys that OpenClaw has, or once had, and that do not belong here, with what to do instead. */
const GONE: Readonly<Record<string, string>> = {
  agents: "OpenClaw's own layout: write model, fallbacks and sandbox at this level",
  channels: "OpenClaw's own layout: write discord or telegram at this level",
  models: "OpenClaw's own layout: write providers at this level",
  plugins: "roost lists the plugins itself: they run inside the gateway",
  gateway: "nothing to choose there: it listens on loopback only",
  heartbeat: "it is always off: it spends tokens while nobody writes",
  skills: "nothing to choose there: the 1Password skill is off, onepassword replaces it",
  env: "secrets are files, and a sandbox gets none",
};

const GONE_FROM_CHANNEL: Readonly<Record<string, string>> = {
  enabled: "a channel that is written down is on; take the channel away to turn it off",
  botToken: "write token",
  groupPolicy: "always an allowlist: list guilds or groups",
  mentionRequired: "write requireMention below a guild or group",
  dm: "write dmPolicy and allowFrom at this level",
};

const GONE_FROM_SANDBOX: Readonly<Record<string, string>> = {
  backend: "always podman",
  docker: "write memoryMib, cpus, pidsLimit and network at this level",
  env: "everything in a sandbox can read it: register a 1Password item instead",
  setupCommand: "it cannot work without root: put the tools into the sandbox's image",
  binds: "projects lie below the workspace, which the sandbox sees",
  image: "see roost:images",
};

const SNOWFLAKE = /^[1-9]\d{16,19}$/;

const discordId = (what: string) =>
  digits(`${what} in quotes, 17 to 20 digits (Developer Mode, right-click, Copy ID)`, SNOWFLAKE, (value) =>
    value.includes(".") ? "what looks like a bot token or a username" : "a text of another form",
  );

const telegramUser = digits(
  'a numeric user id in quotes, such as "123456789" (ask @userinfobot)',
  /^[1-9]\d{4,15}$/,
  (value) => {
    if (/^\d+:/.test(value)) return "what looks like a bot token";
    if (/^-\d+$/.test(value)) return "the id of a group: groups have a map of their own";
    if (/^@?[A-Za-z]\w*$/.test(value)) return "what looks like a username, which another person can register later";
    return "a text of another form";
  },
);

const dmPolicy = choice(["pairing", "allowlist"])
  .default("pairing")
  .describe(
    "Private messages of strangers: `pairing` sends a code that `moltbot pairing approve` admits, `allowlist` ignores them",
  );

const requireMention = flag().default(true).describe("Answers there only when mentioned");

const discordUsers = list("user ids in quotes", discordId("a user's id"));

const guild = strictMap("a map with users or roles", {
  requireMention,
  users: discordUsers.default([]).describe("Ids of the members who may use it; with `roles` also empty: every member"),
  roles: list("role ids in quotes", discordId("a role's id"))
    .default([])
    .describe("Ids of roles whose members may use it"),
  channels: mapOf(
    "channel ids to settings",
    mapKey("channel ids, 17 to 20 digits in quotes,", SNOWFLAKE),
    strictMap("a map, which may be empty: {}", {
      requireMention: flag().optional().describe("Answers there only when mentioned; as in the guild if not given"),
      users: discordUsers
        .min(1, "must name a user, or be left out")
        .optional()
        .describe("Who may use it there; as in the guild if not given"),
    }),
  )
    .default({})
    .describe("The only channels where it answers; empty: every channel that it can see"),
});

const discord = strictMap(
  "a map with token",
  {
    token: discordToken().describe("Token of the bot, from the developer portal; turn on the message content intent"),
    applicationId: discordId("an application's id")
      .optional()
      .describe("Application id of the bot; saves a look-up at each start"),
    dmPolicy,
    allowFrom: discordUsers.default([]).describe("Ids, in quotes, of the people who may write to it privately"),
    guilds: mapOf("guild ids to settings", mapKey("guild ids, 17 to 20 digits in quotes,", SNOWFLAKE), guild)
      .default({})
      .describe("The only servers where it answers"),
  },
  GONE_FROM_CHANNEL,
);

const telegram = strictMap(
  "a map with token",
  {
    token: telegramToken().describe("Token of the bot, from @BotFather"),
    dmPolicy,
    allowFrom: list("user ids in quotes", telegramUser)
      .default([])
      .describe("Ids, in quotes, of the people who may use it, privately and in the groups"),
    groups: mapOf(
      "group ids to settings",
      mapKey('group ids in quotes, such as "-1001234567890",', /^-[1-9]\d{4,15}$/),
      strictMap("a map, which may be empty: {}", {
        requireMention,
        allowFrom: list("user ids in quotes", telegramUser)
          .min(1, "must name a user, or be left out")
          .optional()
          .describe("Who may use it there; `telegram.allowFrom` if not given"),
      }),
    )
      .default({})
      .describe("The only groups where it answers"),
  },
  GONE_FROM_CHANNEL,
);

const modelReference = matching(
  'a model as provider/model, such as "anthropic/claude-opus-5"',
  /^[a-z][a-z0-9-]{0,30}\/[A-Za-z0-9][\w./:@+-]{0,199}$/,
);

// No user data, query or `${`: they could carry a secret, and openclaw.json is readable in the gateway.
const baseUrl = text("an address in quotes", (value) => {
  const form = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(\/[\w.~/-]*)?$/i;
  if (form.test(value) && URL.canParse(value)) return undefined;
  return `must be an address without credentials or query, such as "https://llm.example.com/v1", got ${shown(value)}`;
});

const provider = strictMap("a map with apiKey", {
  apiKey: modelKey().describe("API key of Moltbot itself; a service that asks for none takes any text"),
  baseUrl: baseUrl
    .optional()
    .describe(
      "Address of the service; needed unless OpenClaw knows the provider; a private one needs its address in `egress`",
    ),
  api: choice(["openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai"])
    .optional()
    .describe("What a provider with a `baseUrl` of its own speaks; `openai-completions` if not given"),
  contextWindow: wholeNumber(1024, 10_000_000, " tokens")
    .optional()
    .describe("What its models can read at once, in tokens"),
  maxTokens: wholeNumber(1, 1_000_000, " tokens").optional().describe("Longest answer of its models, in tokens"),
});

const serviceAccountToken = () =>
  secretLeaf({
    what: "a 1Password service account's token",
    pattern: /^ops_[A-Za-z0-9+/=_-]{40,4000}$/,
    shape: "ops_ and several hundred letters",
    placeholder: (hex) => `ops_${hex}`,
  });

/** OpenClaw's own rule for vaults and items: `op` would take a hyphen for an option. */
const onepasswordName = (what: string) =>
  matching(`${what} that begins with a letter or digit`, /^[\p{L}\p{N}][^\p{Cc}]{0,199}$/u);

const onepassword = strictMap("a map with serviceAccountToken, vault and items", {
  serviceAccountToken: serviceAccountToken().describe(
    "Token of a service account of the agent's own, which can read this vault only; it stays in the gateway",
  ),
  vault: onepasswordName("a vault's name").describe("Vault that holds the items"),
  items: mapOf(
    "slugs to items",
    mapKey("slugs of at most 64 lower-case letters, digits and hyphens", /^[a-z0-9][a-z0-9-]{0,63}$/),
    strictMap("a map with item", {
      item: onepasswordName("an item's title").describe("Title of the item"),
      field: matching("one field's label without a comma", /^[^,\p{Cc}]{1,200}$/u)
        .default("credential")
        .describe("Label of the field that it may read"),
      policy: choice(["auto", "approve", "deny"])
        .default("deny")
        .describe("`auto` hands it out, `approve` asks the owner in chat, `deny` refuses"),
      description: matching("a text of at most 200 characters on one line", /^[^\p{Cc}]{1,200}$/u)
        .optional()
        .describe("What the agent is told about it"),
    }),
  )
    .refine((items) => Object.keys(items).length > 0, "must register at least one item, got none")
    .refine((items) => Object.keys(items).length <= 32, "must register at most 32 items, OpenClaw's limit")
    .describe("What the agent may ask for, by a slug of your choice; all else in the vault is closed to it"),
});

const sandbox = strictMap(
  "a map, which may be empty: {}",
  {
    memoryMib: wholeNumber(128, 65_536, " MiB").default(512).describe("Memory limit of a sandbox, in MiB; no swap"),
    cpus: number(0.1, 64, " CPUs").default(1).describe("CPUs of a sandbox"),
    pidsLimit: wholeNumber(16, 32_768, " processes").default(256).describe("Processes within a sandbox"),
    scope: choice(["session", "agent", "shared"])
      .default("agent")
      .describe("One sandbox for each chat session, each agent, or one for all"),
    network: choice(["bridge", "none"])
      .default("bridge")
      .describe("`bridge` reaches public addresses and `egress`, `none` nothing"),
    idleHours: wholeNumber(1, 8760, " hours")
      .default(24)
      .describe("Hours without use after which a sandbox is removed"),
    maxAgeDays: wholeNumber(1, 365, " days").default(7).describe("Days after which a sandbox is made anew"),
  },
  GONE_FROM_SANDBOX,
);

// A pattern that ends in a wildcard alone would leave out the agent's memory; OpenClaw's own state is never left out.
const backupGlob = text("a glob in quotes", (glob) => {
  const [root, ...below] = glob.split("/");
  const plain = /^[^\s\p{Cc}]{1,200}$/u.test(glob) && !below.some((part) => ["", ".", ".."].includes(part));
  if (plain && root === "workspace" && /[\p{L}\p{N}]/u.test(below.at(-1) ?? "")) return undefined;
  return `must be a glob below workspace/ that ends in a name, such as "workspace/projects/**/node_modules", got ${shown(glob)}`;
});

const ownerId = text('"discord:" or "telegram:" and a user id', (value) =>
  /^(discord:[1-9]\d{16,19}|telegram:[1-9]\d{4,15})$/.test(value)
    ? undefined
    : 'must be "discord:" or "telegram:" and a numeric user id, such as "discord:123456789012345678"',
);

/** Config of the Moltbot gateway, `roost:moltbot`. */
export const moltbotSchema = strictMap(
  "a map with discord or telegram, model and providers",
  {
    discord: discord.optional().describe("Discord bot"),
    telegram: telegram.optional().describe("Telegram bot; it polls, so no port is open"),
    ownerAllowFrom: list("owners, each a channel and a user id", ownerId)
      .default([])
      .describe(
        "Who may approve and use owner's commands; with `pairing` never empty, because OpenClaw would write the first approved person into its read-only config",
      ),
    model: modelReference.describe("Model, as provider/model"),
    fallbacks: list("models", modelReference).default([]).describe("Models to try, in this order, when `model` fails"),
    providers: mapOf(
      "provider names to settings",
      mapKey("names of at most 31 lower-case letters, digits and hyphens", /^[a-z][a-z0-9-]{0,30}$/),
      provider,
    ).describe("Model services by OpenClaw's name, such as `anthropic`, or by a name of your own with a `baseUrl`"),
    onepassword: onepassword
      .optional()
      .describe("1Password items that the agent may ask the gateway for; no sandbox sees the token"),
    sandbox: sandbox.prefault({}).describe("Rootless Podman container in which every tool of the agent runs"),
    cpus: number(0.5, 64, " CPUs").default(2).describe("CPUs of the gateway"),
    memoryMib: wholeNumber(GATEWAY_MIB, 65_536, " MiB (OpenClaw peaks at 1.2 GB before any command)")
      .default(GATEWAY_MIB)
      .describe("Memory limit of the gateway, in MiB"),
    volumeMib: wholeNumber(MIN_VOLUME_MIB, 1_048_576, " MiB")
      .default(10_240)
      .describe("Size of the state volume, projects included, in MiB; taken from the host's disk at once"),
    backupEveryMinutes: wholeNumber(5, 1440, " minutes").default(60).describe("Minutes between two backups"),
    backupExclude: list("globs", backupGlob)
      .default(REGENERABLE.map((name) => `workspace/projects/**/${name}`))
      .describe("Globs below `workspace/` that no backup takes; a list of your own replaces this one"),
    fresh: fresh(),
    egress: list("addresses in quotes", text("an address in quotes", egressProblem))
      .default([])
      .describe(
        "Private addresses that gateway and sandboxes may reach, each a CIDR or address:port; all others are closed",
      ),
  },
  GONE,
).describe("The Moltbot gateway (OpenClaw)");

/** Checked arguments of the Moltbot gateway. */
export type MoltbotArgs = z.output<typeof moltbotSchema>;
