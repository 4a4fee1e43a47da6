import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../stacks/config.ts";
import { main } from "../../../stacks/vultr.ts";
import { answer, computedValues } from "../../../tools/preview/computed.ts";
import { record } from "../../../tools/record.ts";
import { asPulumi, config, moltbot, tenant, token } from "./fixture.ts";

interface Outcome {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly registered: readonly string[];
}

async function run(pulumiConfig: Record<string, string>, stack = "vultr.test"): Promise<Outcome> {
  const { errors, warnings, resources } = await record(main, {
    stack,
    config: pulumiConfig,
    computed: computedValues,
    call: answer,
  });
  const [error, ...more] = errors;
  if (error !== undefined && (!(error instanceof ConfigError) || more.length > 0)) throw error;
  return {
    problems: error instanceof ConfigError ? error.problems : [],
    warnings,
    registered: resources.map(({ name }) => name).filter((name) => !name.startsWith("roost-vultr")),
  };
}

const problemsOf = async (raw: Record<string, unknown>, stack?: string) => {
  const { problems, registered } = await run(asPulumi(raw), stack);
  // A refused program registers nothing, whatever it was refused for.
  if (problems.length > 0) expect(registered).toEqual([]);
  return problems;
};

const allImages = config()["images"] as object;
const host = (more: object) => config({ host: { ...(config()["host"] as object), ...more } });

describe("the config of a stack", () => {
  test("passes when it is complete, without a warning", async () => {
    const { problems, warnings, registered } = await run(asPulumi(config()));
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(registered).toContain("host-vm");
  });

  test("refuses unknown keys of its own and leaves other namespaces alone", async () => {
    const { problems } = await run({
      ...asPulumi(config({ tenant: {} })),
      "vultr:apiKey": "x",
      "tailscale:apikey": "x",
    });
    expect(problems).toEqual(['roost: must not have "tenant" (did you mean "tenants"?)']);
  });

  test("names every problem of the first round at once, each with its path", async () => {
    const raw = config({
      host: { region: "New Jersey", hostname: "nest", generation: 1.5, sshKeys: [], hostnam: "x" },
      store: {},
      tenants: {
        frontend: tenant("f", { telegram: { token: 12345, allowFrom: [123] } }),
        Front: tenant("g"),
        host: tenant("h"),
        "ends-": tenant("i"),
      },
    });
    expect(await problemsOf(raw)).toEqual([
      'roost:host.region must be a three-letter Vultr id such as "ewr", got "New Jersey"',
      "roost:host.generation must be a whole number from 1 to 1000000, got 1.5",
      "roost:host.sshKeys must hold at least one public key",
      'roost:host must not have "hostnam" (did you mean "hostname"?)',
      "roost:store.bucket must be a bucket's name, got nothing",
      "roost:tenants.frontend.telegram.token must be a Telegram bot token in quotes (digits, a colon, about 35 letters, from @BotFather), got something that is no string",
      'roost:tenants.frontend.telegram.allowFrom[0] must be a numeric user id in quotes, such as "123456789" (ask @userinfobot), got a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string',
      "roost:tenants.Front must have a name of 1 to 31 lower-case letters, digits and hyphens that begins with a letter and does not end with a hyphen",
      'roost:tenants.host must have another name: "host" is roost\'s own',
      "roost:tenants.ends- must have a name of 1 to 31 lower-case letters, digits and hyphens that begins with a letter and does not end with a hyphen",
    ]);
  });

  test("refuses a key that holds a single value without showing it", async () => {
    const { problems } = await run({ ...asPulumi(config()), "roost:tenants": "hunter2" });
    expect(problems).toEqual(["roost:tenants must be a map of tenants by name"]);
  });

  test("says which parts are missing", async () => {
    expect(await problemsOf({})).toEqual([
      "roost:host must be a map with region, hostname, generation and sshKeys, got nothing",
      "roost:store must be a map with bucket, got nothing",
      "roost:images must be a map of images by digest, got nothing",
    ]);
  });

  test("never shows a secret that it refuses", async () => {
    const raw = config({
      store: { bucket: "roost-test", root: "hunter2-root" },
      tenants: {
        a: tenant("a", {
          telegram: { token: "hunter2-token", allowFrom: ["hunter2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] },
        }),
      },
    });
    const problems = (await problemsOf(raw)).join("\n");
    expect(problems).toContain("roost:store.root must be the root of a recovery kit");
    expect(problems).toContain("roost:tenants.a.telegram.token must be a Telegram bot token");
    expect(problems).not.toContain("hunter2");
  });

  test("never shows what could be a secret in the wrong place", async () => {
    const secret = "sk-ant-api03-hunter2hunter2hunter2hunter2";
    const raw = config({
      host: {
        region: secret,
        plan: secret,
        hostname: secret,
        generation: 1,
        sshKeys: [secret],
        image: secret,
        os: secret,
        breakGlass: secret,
      },
      tailnet: { tags: [secret] },
      store: { bucket: secret, erase: secret },
      images: { nanobot: secret },
      moltbot: { ...moltbot, model: `anthropic/${secret}`, [secret]: 1 },
      tenants: { [secret]: tenant("a"), b: tenant("b", { model: secret }) },
      [secret]: secret,
    });
    const problems = await problemsOf(raw);
    expect(problems.length).toBeGreaterThan(12);
    expect(problems.join("\n")).not.toContain("hunter2");
    const { problems: scalar } = await run({ ...asPulumi(config()), [`roost:${secret}`]: secret });
    expect(scalar.join("\n")).not.toContain("hunter2");
  });

  test("refuses the key __proto__, which would silently be no tenant", async () => {
    const { problems } = await run({
      ...asPulumi(config()),
      "roost:tenants": `{"__proto__": ${JSON.stringify(tenant("a"))}, "b": ${JSON.stringify(tenant("b"))}}`,
    });
    expect(problems).toEqual(['roost: must not have the key "__proto__" anywhere']);
  });

  test("refuses a number beyond all bounds in one line", async () => {
    expect(await problemsOf(host({ generation: 1e300 }))).toEqual([
      "roost:host.generation must be a whole number from 1 to 1000000, got 1e+300",
    ]);
  });

  test("refuses an SSH key that is listed twice or does not stay on its line", async () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8RRKymM9rjbj5MUR18WX40v++lZtHXCcdcs4ZFbelQ";
    expect(await problemsOf(host({ sshKeys: [key, `${key} a\rb`] }))).toEqual([
      'roost:host.sshKeys[1] must be one public key as in a .pub file, such as "ssh-ed25519 AAAA... you"',
    ]);
    expect(await problemsOf(host({ sshKeys: [key, key] }))).toEqual(["roost:host.sshKeys[1] must not be listed twice"]);
  });

  test("refuses a break-glass network that does not begin at its first address, or is the world", async () => {
    const wrong = ["203.0.113.7/24", "203.0.113.0/024", "fe80::1%eth0/64", "0.0.0.0/0", "::/0", "203.0.113.7"];
    for (const breakGlass of wrong) expect(await problemsOf(host({ breakGlass }))).toHaveLength(1);
    for (const breakGlass of ["203.0.113.7/32", "203.0.113.0/24", "2001:db8::/48"]) {
      expect(await problemsOf(host({ breakGlass }))).toEqual([]);
    }
  });

  test("refuses a registry login that is no auth.json, without showing it", async () => {
    const images = { ...allImages, registryAuth: '{"auths": {hunter2}}' };
    const [problem = "", ...more] = await problemsOf(config({ images }));
    expect(more).toEqual([]);
    expect(problem).toMatch(/^roost:images\.registryAuth must be a containers auth\.json \(/);
    expect(problem).not.toContain("hunter2");
  });

  test("refuses alerts that reach nobody, and one whose address is none, without showing it", async () => {
    expect(await problemsOf(config({ alerts: { deafMinutes: 5 } }))).toEqual([
      "roost:alerts must name at least one of webhook, ntfy, ping and telegram: nobody would be told",
    ]);
    const [problem = "", ...more] = await problemsOf(config({ alerts: { ntfy: "my-hidden-topic" } }));
    expect(more).toEqual([]);
    expect(problem).toBe(
      "roost:alerts.ntfy must be an ntfy topic (an address such as https://ntfy.sh/a-long-topic), got a text of another form",
    );
    expect(await problemsOf(config({ alerts: { telegram: { token: token("z"), chat: 123 } } }))).toEqual([
      `roost:alerts.telegram.chat must be a chat's id in quotes, such as "123456789", got a number, which YAML rounds when it is long: put it in quotes, or use pulumi config set --type string`,
    ]);
  });

  test("takes a bot for alerts that is also an agent's: it never polls", async () => {
    expect(await problemsOf(config({ alerts: { telegram: { token: token("f"), chat: "123456789" } } }))).toEqual([]);
  });

  test("refuses a window for reboots that no week has", async () => {
    expect(await problemsOf(config({ reboot: { day: "Someday", hour: 24 } }))).toEqual([
      'roost:reboot.day must be "Mon" or "Tue" or "Wed" or "Thu" or "Fri" or "Sat" or "Sun", got "Someday"',
      "roost:reboot.hour must be a whole number from 0 to 23 (UTC), got 24",
    ]);
  });

  test("refuses one bot token for two workloads, by value", async () => {
    const raw = config({ master: tenant("f"), tenants: { a: tenant("f"), b: tenant("b") } });
    expect(await problemsOf(raw)).toEqual([
      "roost:tenants.a.telegram.token must not be the token of roost:master.telegram.token: two pollers of one bot lose messages, so make a bot for each",
    ]);
  });

  test("refuses one Feishu app for two workloads", async () => {
    const feishu = { appId: "cli_a1b2c3d4e5f6a7b8", appSecret: "s".repeat(32), allowFrom: [`ou_${"1".repeat(32)}`] };
    const raw = config({ tenants: { a: tenant("a", { feishu }), b: tenant("b", { feishu }) } });
    expect(await problemsOf(raw)).toEqual([
      "roost:tenants.b.feishu.appId must not be the app of roost:tenants.a.feishu.appId: two connections of one app split its messages, so make an app for each",
    ]);
  });

  test("refuses a stack that runs nothing", async () => {
    expect(await problemsOf(config({ tenants: {} }))).toEqual([
      "roost:tenants must name at least one tenant where neither roost:moltbot nor roost:master is set",
    ]);
  });

  test("refuses a missing image with the command that builds it", async () => {
    expect(await problemsOf(config({ images: {}, moltbot }))).toEqual([
      "roost:images.nanobot is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER nanobot`",
      "roost:images.moltbotGateway is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER moltbot-gateway`",
      "roost:images.moltbotSandbox is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER moltbot-sandbox`",
      "roost:images.restic is missing: build and push it with `npm run images -- push --registry ghcr.io/OWNER restic`",
    ]);
  });

  test("refuses the all-zero digest in a stack and warns of it in an example", async () => {
    const raw = config({ images: { ...allImages, nanobot: `ghcr.io/owner/nanobot@sha256:${"0".repeat(64)}` } });
    const line =
      "roost:images.nanobot has the all-zero digest, which stands for an image nobody built: `npm run images -- push --registry ghcr.io/OWNER nanobot`";
    expect(await problemsOf(raw)).toEqual([line]);
    const example = await run(asPulumi(raw), "vultr.test.example");
    expect(example).toMatchObject({ problems: [], warnings: [line] });
  });

  test("refuses an image without a digest", async () => {
    expect(await problemsOf(config({ images: { nanobot: "ghcr.io/owner/nanobot:latest" } }))).toEqual([
      'roost:images.nanobot must name a registry, an image and its digest, such as "ghcr.io/owner/nanobot@sha256:<64 digits>", got "ghcr.io/owner/nanobot:latest"',
    ]);
  });

  test("refuses a word for erasing that names another bucket", async () => {
    expect(await problemsOf(config({ store: { bucket: "roost-test", erase: "roost-prod" } }))).toEqual([
      'roost:store.erase must be the bucket\'s name "roost-test", got another: take it away or correct it',
    ]);
  });

  test("refuses more SSH keys than user data can hold", async () => {
    const key = (index: number) => `ssh-rsa ${Buffer.from(`${index}`.repeat(400)).toString("base64")} ${index}`;
    const sshKeys = Array.from({ length: 60 }, (_, index) => key(1000 + index * 7919));
    const [problem] = await problemsOf(host({ sshKeys }));
    expect(problem).toMatch(
      /^roost:host.sshKeys must be fewer or shorter: user data would have \d+ bytes, and at most 24576 fit$/,
    );
  });

  test("warns of an open break-glass CIDR", async () => {
    const { warnings } = await run(asPulumi(host({ breakGlass: "203.0.113.7/32" })));
    expect(warnings).toEqual([
      "roost:host.breakGlass opens SSH to 203.0.113.7/32: take it away when the repair is done",
    ]);
  });
});

describe("the plan of a host", () => {
  test("refuses Moltbot on 2 GB with the sum, unless overcommitting is asked for", async () => {
    const raw = (more: object) => ({ ...host({ plan: "vc2-1c-2gb", ...more }), moltbot, tenants: {} });
    expect(await problemsOf(raw({}))).toEqual([
      'roost:host.plan "vc2-1c-2gb" has 2048 MiB and the stack needs 3072 MiB (512 for the OS + 2560 for Moltbot): take a larger plan, or set roost:host.overcommit to true',
    ]);
    expect(await problemsOf(raw({ overcommit: true }))).toEqual([]);
  });

  test("warns above 80 % and of a plan it does not know", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `t${index}`,
        tenant("a", { telegram: { token: `${token("a")}${index}`, allowFrom: ["1"] } }),
      ]),
    );
    const tight = await run(asPulumi({ ...config({ tenants: many }) }));
    expect(tight.warnings).toEqual([
      'roost:host.plan "vc2-2c-4gb" has 4096 MiB and the stack needs 3512 MiB (512 for the OS + 3000 for 20 nanobots): little is left',
    ]);
    const unknown = await run(asPulumi(host({ plan: "vx9-huge" })));
    expect(unknown.warnings).toEqual([
      'roost:host.plan "vx9-huge" does not say its memory, so nothing checks that it suffices',
      'roost:host.plan "vx9-huge" is not in the price table, so nothing checks that its disk suffices',
    ]);
  });

  test("refuses state volumes that its disk does not hold, also when overcommitting", async () => {
    const raw = { ...host({ overcommit: true }), tenants: { a: tenant("a", { volumeMib: 70_000 }) } };
    expect(await problemsOf(raw)).toEqual([
      'roost:host.plan "vc2-2c-4gb" leaves 66053 MiB of disk to state volumes and they need 70000 MiB: take a larger plan or smaller volumeMib',
    ]);
  });
});
