import { z } from "zod";
import { egressProblem } from "./egress.ts";
import { flag, fresh, list, matching, number, text, wholeNumber } from "./fields.ts";
import { strictMap } from "./keys.ts";
import { channels } from "./nanobot-channels.ts";
import { flagWithout, never, timezone, url } from "./nanobot-fields.ts";
import { providerKind, providerSpelling } from "./nanobot-providers.ts";
import { modelKey } from "./secret-leaf.ts";
import { RESERVED_NAMES } from "./workload.ts";

/** Smallest state volume in MiB; mkfs.xfs itself refuses less than 300. */
const MIN_VOLUME_MIB = 512;

/** Keys that nanobot 0.3.5 or roost does not take below a tenant, with what to do instead. */
const GONE_FROM_TENANT: Readonly<Record<string, string>> = {
  memoryWindow: "nanobot replaced it: history is cut by tokens, see contextWindowTokens",
  contextBlockLimit: "nanobot removed it: history is cut by tokens, see contextWindowTokens",
  consolidationRatio: "nanobot removed it: it now compacts idle sessions by itself",
  failOnToolError: "nanobot removed it: the model always sees a tool's error and goes on",
  restrictToWorkspace: "it is always on",
  apiKey: "it belongs below provider",
  agents: "nanobot's own layout: write model, temperature and the rest at this level",
  channels: "nanobot's own layout: write telegram, discord, whatsapp or feishu at this level",
  providers: "nanobot's own layout: write provider with name, apiKey and apiBase",
  tools: "nanobot's own layout: write exec at this level; the other tools are fixed",
  gateway: "nothing to choose there: it listens on loopback only and restarts by exiting",
  websocket: "the WebUI is always off",
  mcpServers: "roost starts no MCP servers",
};

const providerName = text("a provider's name", (name) => {
  const kind = providerKind(name);
  if (kind.kind === "refused") return `must be another provider than ${name}: ${kind.reason}`;
  if (name === "auto") return `must be named: with "auto" nanobot falls through to any provider that has a key`;
  const spelling = providerSpelling(name);
  if (spelling !== undefined && spelling !== name) return `must be spelt "${spelling}", as nanobot does`;
  if (/^[a-z][A-Za-z0-9]{0,30}$/.test(name)) return undefined;
  return "must be a provider's name of at most 31 letters and digits, first a lower-case letter";
});

const provider = strictMap("a map with name and apiKey", {
  name: providerName.describe(
    "nanobot's name of the provider, such as `anthropic` or `openrouter`, or any name with an `apiBase` of its own",
  ),
  apiKey: modelKey().optional().describe("API key of this agent"),
  apiBase: url(
    'an address without credentials or query, such as "https://llm.example.com/v1"',
    /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(\/[\w.~/-]*)?$/i,
  )
    .optional()
    .describe("Address of an OpenAI-compatible service; a private one needs its address in `egress`"),
}).describe("Who runs the model");

const exec = strictMap("a map with enable and timeoutSeconds", {
  enable: flag().default(false).describe("Lets the agent run shell commands inside its container"),
  timeoutSeconds: wholeNumber(1, 600, " seconds").default(60).describe("Longest command, in seconds"),
})
  .default({ enable: false, timeoutSeconds: 60 })
  .describe("Shell; off, because everybody whom the agent answers could use it");

const MODEL = 'a model\'s name as the provider spells it, such as "claude-opus-4-5"';

const tuning = {
  provider,
  model: matching(MODEL, /^[A-Za-z0-9][\w./:@+-]{0,199}$/).describe("Model, as the provider spells it"),
  temperature: number(0, 2, "").default(0.1).describe("0 is sober; some APIs end at 1"),
  maxTokens: wholeNumber(1, 1_000_000, " tokens").default(8192).describe("Longest answer of the model, in tokens"),
  contextWindowTokens: wholeNumber(1024, 10_000_000, " tokens")
    .default(200_000)
    .describe("What the model can read at once, in tokens; older history is cut"),
  maxToolIterations: wholeNumber(1, 200, "").default(50).describe("Tool calls within one turn"),
  timezone: timezone.default("UTC").describe("IANA time zone of dates and scheduled jobs"),
  heartbeat: flagWithout(["keepRecentMessages"])
    .default(false)
    .describe("Looks through HEARTBEAT.md every 30 minutes; costs tokens while nobody writes"),
  dream: flagWithout(["annotateLineAges", "maxBatchSize", "maxIterations"])
    .default(false)
    .describe("Rewrites its memory every 2 hours; costs tokens while nobody writes"),
  sharedSessions: flag()
    .default(false)
    .describe("Lets people of this tenant reach each other's chats through the agent's session tools"),
  cpus: number(0.1, 64, "").default(1).describe("CPUs of the container"),
  memoryMib: wholeNumber(256, 65_536, " MiB").default(1024).describe("Memory limit of the container, in MiB"),
  volumeMib: wholeNumber(MIN_VOLUME_MIB, 1_048_576, " MiB")
    .default(MIN_VOLUME_MIB)
    .describe("Size of the state volume, in MiB; taken from the host's disk at once"),
  backupEveryMinutes: wholeNumber(1, 1440, " minutes").default(5).describe("Minutes between two backups"),
  fresh: fresh(),
  egress: list("addresses in quotes", text("an address in quotes", egressProblem))
    .default([])
    .describe("Private addresses it may reach, each a CIDR or address:port; all others are closed"),
};

/** Config of one nanobot tenant, below `roost:tenants.<name>`. */
export const nanobotSchema = strictMap(
  "a map with a channel, provider and model",
  {
    ...channels("many"),
    ...tuning,
    exec,
    pairing: flag()
      .default(false)
      .describe("Accepts an empty `allowFrom`: strangers get a code that `/pairing approve` admits"),
    public: flag().default(false).describe("Accepts `*` in `allowFrom`: anybody may use the agent and its model key"),
  },
  GONE_FROM_TENANT,
).describe("A nanobot agent of one person or project");

/** Config of the nanobot master, `roost:master`: the same keys, with its owner alone allowed. */
export const masterSchema = strictMap(
  "a map with a channel, provider and model",
  {
    ...channels("owner"),
    ...tuning,
    exec: strictMap("a map with enable and timeoutSeconds", {
      enable: never("the master manages the host through one checked command, not through a shell").describe(
        "Always off",
      ),
      timeoutSeconds: wholeNumber(1, 600, " seconds").default(60).describe("Of no effect: exec is off"),
    })
      .default({ enable: false, timeoutSeconds: 60 })
      .describe("Always off"),
    pairing: never("the master has one owner").describe("Always off"),
    public: never("the master has one owner").describe("Always off"),
  },
  GONE_FROM_TENANT,
).describe("The nanobot that manages the host's tenants for its owner");

/** Checked arguments of one nanobot agent; also what `masterSchema` gives. */
export type NanobotArgs = z.output<typeof nanobotSchema>;

/** Name of a tenant: also a unit's instance name and part of paths. */
export const tenantName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/,
    "must have a name of 1 to 31 lower-case letters, digits and hyphens that begins with a letter and does not end with a hyphen",
  )
  .refine((name) => !RESERVED_NAMES.some((reserved) => reserved === name), {
    error: (issue) => `must have another name: "${String(issue.input)}" is roost's own`,
  });
