import { z } from "zod";
import { flag, GENERATIONS, list, text, wholeNumber } from "../agents/fields.ts";
import { imageProblem } from "../agents/image.ts";
import { strictMap } from "../agents/keys.ts";
import { moltbotSchema } from "../agents/moltbot-schema.ts";
import { masterSchema, nanobotSchema, tenantName } from "../agents/nanobot-schema.ts";
import { secretLeaf } from "../agents/secret-leaf.ts";
import { isRecord } from "../agents/secret-paths.ts";
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
  registryAuth: registryAuth.optional().describe("Login of a private registry"),
}).describe("Container images");

/** Config of the program `vultr`: every key below `roost:`. */
export const vultrSchema = strictMap("a map", {
  host,
  tailnet: tailnet.prefault({}),
  store,
  images,
  moltbot: moltbotSchema.optional(),
  master: masterSchema.optional(),
  tenants: z
    .record(tenantName, nanobotSchema, { error: "must be a map of tenants by name" })
    .default({})
    .describe("nanobot tenants by name"),
});

/** Checked config of the program `vultr`, defaults filled in, secrets wrapped. */
export type VultrConfig = z.output<typeof vultrSchema>;
