import { z } from "zod";
import { choice, digits, flag, GENERATIONS, list, text, wholeNumber } from "../agents/fields.ts";
import { imageProblem } from "../agents/image.ts";
import { strictMap } from "../agents/keys.ts";
import { moltbotSchema } from "../agents/moltbot-schema.ts";
import { masterSchema, nanobotSchema, tenantName } from "../agents/nanobot-schema.ts";
import { alertBotToken, secretLeaf } from "../agents/secret-leaf.ts";
import { isRecord } from "../agents/secret-paths.ts";
import { DAYS } from "../components/release/settings.ts";
import { ROOT_PATTERN } from "../components/store/derive.ts";
import { DEFAULT_OS, DEFAULT_PLAN, hostRules, repeatedKeys } from "../components/vultr/host-checks.ts";
import { bucketNameProblem } from "../providers/backblaze/checks.ts";

const image = text("an image reference", imageProblem);

const registryAuth = secretLeaf({
  what: "a containers auth.json",
  pattern: /^\s*\{[\s\S]*\}\s*$/,
  accepts: isAuthFile,
  shape: 'JSON that begins {"auths": …}, as `podman login --authfile` writes it',
  placeholder: (hex) => JSON.stringify({ auths: { "ghcr.io": { auth: hex } } }),
});

function isAuthFile(value: string): boolean {
  try {
    const file: unknown = JSON.parse(value);
    return isRecord(file) && isRecord(file["auths"]) && Object.values(file["auths"]).every(isRecord);
  } catch {
    return false;
  }
}

const root = secretLeaf({
  what: "the root of a recovery kit",
  pattern: ROOT_PATTERN,
  shape: "43 characters of base64url",
  placeholder: (hex) => Buffer.from(hex.slice(0, 32)).toString("base64url"),
});

const host = strictMap("a map with region, hostname, generation and sshKeys", {
  region: text("a Vultr region", hostRules.region).describe("Vultr region id, such as `ewr`"),
  plan: text("a Vultr plan", hostRules.plan)
    .default(DEFAULT_PLAN)
    .describe("Vultr plan id; its memory must hold what the stack runs"),
  hostname: text("a host name", hostRules.hostname).describe("Name of the machine and of its tailnet node"),
  generation: wholeNumber(1, GENERATIONS, "").describe("A new generation is a new VM; nothing else replaces the host"),
  replace: wholeNumber(1, GENERATIONS, "")
    .optional()
    .describe("The word for replacing: the generation that may delete the VM before it"),
  parked: wholeNumber(1, GENERATIONS, "")
    .optional()
    .describe("The generation whose VM goes while store, keys and root stay; needs `replace` too"),
  sshKeys: list("public SSH keys", text("a public SSH key", hostRules.sshKey))
    .min(1, "must hold at least one public key")
    .superRefine((keys, context) => {
      for (const index of repeatedKeys(keys)) {
        context.addIssue({ code: "custom", path: [index], message: "must not be listed twice" });
      }
    })
    .describe("Public keys of the user `core`"),
  image: text("an image", hostRules.image)
    .default("stable")
    .describe("First boot: Vultr's `stable`, `testing` or `next` of Fedora CoreOS, or the id of a snapshot"),
  os: text("an OS image", hostRules.os).default(DEFAULT_OS).describe("The signed uCore image it rebases itself to"),
  overcommit: flag().default(false).describe("Accepts workloads that need more memory than the plan has"),
  breakGlass: text("a CIDR", hostRules.breakGlass)
    .optional()
    .describe("Opens SSH from this CIDR while a repair lasts; unsafe"),
  drain: text("a text", hostRules.drain)
    .optional()
    .describe("`skip: <reason>` lets the VM go without final snapshots, when the host cannot be reached"),
}).describe("The machine");

const tailnet = strictMap("a map with tags", {
  tags: list("tailnet tags", text("a tailnet tag", hostRules.tag))
    .min(1, "must hold at least one tag")
    .default(["tag:roost"])
    .describe("Tags of the node; the deployer's OAuth client must own them"),
}).describe("How it joins the tailnet");

const store = strictMap("a map with bucket", {
  bucket: text("a bucket's name", (value) => bucketNameProblem(value)?.replace("bucketName ", "")).describe(
    "Name of the B2 bucket, unique in all of B2; can never change",
  ),
  retentionDays: wholeNumber(1, 3650, " days")
    .default(30)
    .describe("Days that hidden or overwritten files can still be read"),
  root: root.optional().describe("The root of a recovery kit, on a new stack that takes over old backups"),
  erase: text("the bucket's name", () => undefined)
    .optional()
    .describe("The bucket's name once more: the word that lets `destroy` end bucket and root"),
}).describe("Where releases and state are kept");

const images = strictMap("a map of images by digest", {
  nanobot: image.optional().describe("Image of nanobot, by digest; needed by `master` and `tenants`"),
  moltbotGateway: image.optional().describe("Image of the Moltbot gateway, by digest; needed by `moltbot`"),
  moltbotSandbox: image.optional().describe("Image of Moltbot's sandboxes, by digest; needed by `moltbot`"),
  restic: image.optional().describe("Image that the host takes restic from, by digest; always needed: uCore has none"),
  registryAuth: registryAuth.optional().describe("Login of a private registry"),
}).describe("Container images");

const alertAddress = (what: string, example: string) =>
  secretLeaf({
    what,
    pattern: /^https?:\/\/[^\s"\\]{1,500}$/,
    shape: `an address such as ${example}`,
    placeholder: (hex) => `https://alerts.example/${hex}`,
  });

const alerts = strictMap("a map with webhook, ntfy, ping or telegram", {
  webhook: alertAddress("a webhook's address", "https://hooks.slack.com/services/...")
    .optional()
    .describe("Webhook that takes JSON with `text` and `content`: Slack, Mattermost, Discord or your own"),
  ntfy: alertAddress("an ntfy topic", "https://ntfy.sh/a-long-topic").optional().describe("Topic of ntfy"),
  ping: alertAddress("a check's address", "https://hc-ping.com/...")
    .optional()
    .describe(
      "Check that wants a sign of life each minute, as healthchecks.io; tells you when the host itself is gone",
    ),
  telegram: strictMap("a map with token and chat", {
    token: alertBotToken().describe("Token of a bot of its own: alerts must not need an agent"),
    chat: digits('a chat\'s id in quotes, such as "123456789"', /^-?[1-9]\d{0,15}$/).describe(
      "Id, in quotes, of the chat that gets the alerts; write to the bot once before",
    ),
  })
    .optional()
    .describe("Telegram bot that only sends alerts"),
  deafMinutes: wholeNumber(1, 1440, " minutes")
    .default(10)
    .describe("Minutes that messages may wait for an agent before it counts as deaf"),
})
  .refine((paths) => [paths.webhook, paths.ntfy, paths.ping, paths.telegram].some((path) => path !== undefined), {
    error: "must name at least one of webhook, ntfy, ping and telegram: nobody would be told",
  })
  .describe("By which ways you are told when something is wrong; several are better than one");

const reboot = strictMap("a map with day and hour", {
  enable: flag().default(true).describe("Reboots for updates of the OS by itself"),
  day: choice(DAYS).default("Sun").describe("Day of the weekly window"),
  hour: wholeNumber(0, 23, " (UTC)").default(4).describe("Hour at which the window begins, in UTC"),
}).describe("When a waiting update of the OS may reboot the host; a last snapshot comes before, a check after");

/** Config of the program `vultr`: every key below `roost:`. */
export const vultrSchema = strictMap("a map", {
  host,
  tailnet: tailnet.prefault({}),
  store,
  images,
  alerts: alerts.optional(),
  reboot: reboot.prefault({}),
  moltbot: moltbotSchema.optional(),
  master: masterSchema.optional(),
  tenants: z
    .record(tenantName, nanobotSchema, { error: "must be a map of tenants by name" })
    .default({})
    .describe("nanobot tenants by name"),
});

/** Checked config of the program `vultr`, defaults filled in, secrets wrapped. */
export type VultrConfig = z.output<typeof vultrSchema>;
