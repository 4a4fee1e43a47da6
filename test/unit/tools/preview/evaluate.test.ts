import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { STACK_FOLDER } from "../../../../stacks/folder.ts";
import { mayReplace, writeArtifacts } from "../../../../tools/preview/artifacts.ts";
import { evaluate } from "../../../../tools/preview/evaluate.ts";
import { report } from "../../../../tools/preview/report.ts";
import { readStackFile } from "../../../../tools/preview/stack-file.ts";
import { config, tenant, token } from "../../stacks/fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-preview-"));
afterAll(() => rmSync(folder, { recursive: true }));

const example = (stack: string) => evaluate(readStackFile(join(STACK_FOLDER, `Pulumi.${stack}.yaml`), stack));

const previewOf = async (raw: Record<string, unknown>, stack = "vultr.test") => {
  const file = join(folder, `Pulumi.${stack}.yaml`);
  writeFileSync(
    file,
    stringify({ config: Object.fromEntries(Object.entries(raw).map(([key, value]) => [`roost:${key}`, value])) }),
  );
  return evaluate(readStackFile(file, stack));
};

const PLAIN_ROOT = "roost:store.root stands in the file in plain text";

describe("a preview", () => {
  test("shows resources, hosts, sizes and price of an example, and no problem", async () => {
    const { preview } = await example("vultr.nanobot.example");
    expect(preview.problems).toEqual([]);
    expect(preview.resources.map(({ name }) => name)).toContain("release-born-research");
    expect(preview.usdPerMonth).toBe(20);
    expect(
      preview.hosts.map(({ hostname, plan, generation, units, images }) => ({
        hostname,
        plan,
        generation,
        units,
        images,
      })),
    ).toEqual([
      {
        hostname: "nanobots",
        plan: "vc2-2c-4gb",
        generation: 1,
        units: ["nanobot-master.service", "nanobot@frontend.service", "nanobot@research.service"],
        images: [`ghcr.io/owner/nanobot@sha256:${"0".repeat(64)}`],
      },
    ]);
    expect(preview.bytes.userData).toBeGreaterThan(4096);
    expect(preview.bytes.release).toBeGreaterThan(4096);
  });

  test("names the policy that the tailnet needs, and the scopes of its OAuth client", async () => {
    const { preview } = await example("vultr.moltbot.example");
    expect(preview.hosts[0]?.tailnet).toEqual({
      policy: {
        tagOwners: { "tag:roost": ["autogroup:admin"] },
        ssh: [{ action: "accept", src: ["autogroup:admin"], dst: ["tag:roost"], users: ["core"] }],
      },
      oauthScopes: ["auth_keys", "devices:core"],
    });
  });

  test("warns of nothing but the images of an example that nobody built", async () => {
    const [moltbot, nanobot] = [await example("vultr.moltbot.example"), await example("vultr.nanobot.example")];
    expect(
      [...moltbot.preview.warnings, ...nanobot.preview.warnings].map((warning) => warning.split(" has ")[0]),
    ).toEqual([
      "roost:images.moltbotGateway",
      "roost:images.moltbotSandbox",
      "roost:images.restic",
      "roost:images.nanobot",
      "roost:images.restic",
    ]);
  });

  test("is the same at every run", async () => {
    expect(await example("vultr.nanobot.example")).toEqual(await example("vultr.nanobot.example"));
  });

  test("gives the program a stand-in for every secret: no real one is in any artifact", async () => {
    const raw = config({ tenants: { front: tenant("f") } });
    const { preview, artifacts } = await previewOf(raw);
    expect(preview.problems).toEqual([]);
    const everything = JSON.stringify([preview, artifacts]);
    expect(everything).not.toContain(token("f"));
    expect(everything).not.toContain("sk-ant-f");
    expect(everything).not.toContain(Buffer.alloc(32, 7).toString("base64url"));
  });

  test("takes encrypted leaves as they are and says that it cannot compare bot tokens", async () => {
    const front = tenant("f", { telegram: { token: { secure: "v1:abc:def" }, allowFrom: ["1"] } });
    const { preview } = await previewOf(config({ tenants: { front } }));
    expect(preview.problems).toEqual([]);
    expect(preview.warnings).toContain(
      "roost:tenants.front.telegram.token is encrypted and cannot be compared with other stacks",
    );
  });

  test("warns of each secret that stands in the file in plain text", async () => {
    const { preview } = await previewOf(config({ tenants: { front: tenant("f") } }));
    expect(preview.warnings.map((warning) => warning.split(":").slice(0, 2).join(":"))).toEqual([
      PLAIN_ROOT,
      "roost:tenants.front.telegram.token stands in the file in plain text",
      "roost:tenants.front.provider.apiKey stands in the file in plain text",
    ]);
  });

  test("checks every leaf as it is written, before it puts stand-ins in their places", async () => {
    const { preview } = await previewOf(
      config({ tenants: { front: tenant("f", { telegram: { token: "changeme", allowFrom: ["1"] } }) } }),
    );
    expect(preview.problems).toEqual([
      "roost:tenants.front.telegram.token must be a Telegram bot token, got a placeholder that was left in",
    ]);
    expect(preview.resources).toEqual([]);
  });

  test("sees one token twice although the program only sees stand-ins, also by reference", async () => {
    const same = (text: string) => tenant("x", { telegram: { token: text, allowFrom: ["1"] } });
    const { preview } = await previewOf(
      config({ tenants: { a: same("op://v/Bot/credential"), b: same("op://V/bot/credential") } }),
    );
    expect(preview.problems).toEqual([
      "roost:tenants.b.telegram.token must not be the token of roost:tenants.a.telegram.token: two pollers of one bot lose messages, so make a bot for each",
    ]);
  });

  test("refuses a part that is encrypted as a whole, because nobody could review it", async () => {
    const { preview } = await previewOf(config({ tenants: { secure: "v1:abc" } }));
    expect(preview.problems).toEqual([
      "roost:tenants must not be encrypted as a whole: only secret leaves may be, so that the rest can be reviewed",
    ]);
  });

  test("shows what the program itself refuses, each problem once", async () => {
    const { preview } = await previewOf(config({ images: {} }));
    expect(preview.problems).toEqual([
      "roost:images.nanobot is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER nanobot`",
      "roost:images.restic is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER restic`",
    ]);
  });

  test("says in one line that a file is not YAML", async () => {
    const file = join(folder, "Pulumi.vultr.broken.yaml");
    writeFileSync(file, "config: [\n");
    const { preview } = await evaluate(readStackFile(file, "vultr.broken"));
    expect(preview.problems).toEqual(["Pulumi.vultr.broken.yaml is not YAML that Pulumi reads, see line 2, column 1"]);
  });

  test("does not know the price of a plan that its table lacks, and says so", async () => {
    const host = { ...(config()["host"] as object), plan: "vx9-4c-8gb" };
    const { preview } = await previewOf(config({ host }));
    expect(preview.usdPerMonth).toBeNull();
    expect(report(preview)).toContain("price    not known");
  });
});

describe("artifacts", () => {
  test("are what a reviewer wants to see, without a secret file", async () => {
    const { artifacts } = await example("vultr.nanobot.example");
    const out = join(folder, "artifacts");
    writeArtifacts(out, artifacts);
    expect(readFileSync(join(out, "host.bu"), "utf8")).toContain("variant: fcos");
    expect(JSON.parse(readFileSync(join(out, "host.ign"), "utf8")).ignition.version).toBe("3.4.0");
    expect(
      JSON.parse(readFileSync(join(out, "workloads/frontend/config.json"), "utf8")).channels.telegram.enabled,
    ).toBe(true);
    expect(JSON.parse(readFileSync(join(out, "release.json"), "utf8")).stack).toBe("vultr.nanobot.example");
    expect(existsSync(join(out, "quadlets/nanobot@frontend.container"))).toBe(true);
    expect(existsSync(join(out, "secrets"))).toBe(false);
  });

  test("replace an earlier preview or nothing, never a folder of somebody else's", () => {
    const folderOf = (name: string, ...files: string[]) => {
      const path = join(folder, name);
      mkdirSync(path);
      for (const file of files) writeFileSync(join(path, file), "");
      return path;
    };
    expect(mayReplace(join(folder, "none"))).toBe(true);
    expect(mayReplace(folderOf("empty"))).toBe(true);
    expect(mayReplace(folderOf("preview", "host.ign", "preview.json"))).toBe(true);
    expect(mayReplace(folderOf("mine", "mine.txt"))).toBe(false);
    writeFileSync(join(folder, "file"), "");
    expect(mayReplace(join(folder, "file"))).toBe(false);
  });

  test("replace those of an earlier preview", async () => {
    const out = join(folder, "replaced");
    const { artifacts } = await example("vultr.nanobot.example");
    writeArtifacts(out, artifacts);
    writeFileSync(join(out, "quadlets/old.container"), "");
    writeArtifacts(out, artifacts);
    expect(existsSync(join(out, "quadlets/old.container"))).toBe(false);
  });
});
