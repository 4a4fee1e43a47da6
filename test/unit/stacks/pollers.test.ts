import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { compareStacks, readStackText, writtenTokens } from "../../../stacks/pollers.ts";
import { config, tenant, token } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-stacks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (stack: string, tenants: object) => {
  const keys = Object.entries(config({ tenants })).map(([key, value]) => [`roost:${key}`, value]);
  writeFileSync(
    join(folder, `Pulumi.${stack}.yaml`),
    stringify({ config: { ...Object.fromEntries(keys), "vultr:apiKey": { secure: "v1:x" } } }),
  );
};
const bot = (text: unknown) => tenant("x", { telegram: { token: text, allowFrom: ["1"] } });
const own = (text: unknown) => writtenTokens({ tenants: { mine: bot(text) } }).tokens;

write("vultr.prod", {
  front: bot(token("p")),
  back: bot("op://Bots/Back Bot/credential"),
  shut: bot({ secure: "v1:abc" }),
});
write("vultr.demo.example", { front: bot(token("e")) });

const APP = "cli_a1b2c3d4e5f6a7b8";
const app = (appId: unknown) =>
  tenant("x", { telegram: undefined, feishu: { appId, appSecret: "op://Bots/App/secret", allowFrom: ["ou_x"] } });

write("vultr.apps", { front: app(APP) });

const shut =
  "roost:tenants.shut.telegram.token of stack vultr.prod cannot be compared with the tokens of this stack: encrypted";

describe("bot tokens of several stacks", () => {
  test("may not be one and the same, plain by value", () => {
    expect(compareStacks(own(token("p")), "vultr.dev", folder)).toEqual({
      problems: [
        "roost:tenants.mine.telegram.token must not be the token of roost:tenants.front.telegram.token in stack vultr.prod: one bot has one poller, so make a bot for each",
      ],
      warnings: [shut],
    });
  });

  test("may not be one and the same reference, in whatever case it is written", () => {
    const { problems } = compareStacks(own("op://bots/back bot/Credential"), "vultr.dev", folder);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("roost:tenants.back.telegram.token in stack vultr.prod");
  });

  test("are not compared with the stack itself, nor with an example, nor for an example", () => {
    expect(compareStacks(own(token("p")), "vultr.prod", folder)).toEqual({ problems: [], warnings: [] });
    expect(compareStacks(own(token("e")), "vultr.dev", folder)).toEqual({ problems: [], warnings: [shut] });
    expect(compareStacks(own(token("p")), "vultr.other.example", folder)).toEqual({ problems: [], warnings: [] });
  });

  test("that are encrypted are named and not compared", () => {
    const raw = { tenants: { mine: bot({ secure: "v1:abc" }) } };
    expect(writtenTokens(raw)).toEqual({ tokens: [], encrypted: ["roost:tenants.mine.telegram.token"] });
  });

  test("are ids of apps too, of a tenant and of the master", () => {
    const { tokens } = writtenTokens({ master: app("cli_0000000000000000"), tenants: { mine: app(APP) } });
    expect(tokens.map(({ path }) => path)).toEqual(["roost:master.feishu.appId", "roost:tenants.mine.feishu.appId"]);
    expect(compareStacks(tokens, "vultr.prod", folder).problems).toEqual([
      "roost:tenants.mine.feishu.appId must not be the app of roost:tenants.front.feishu.appId in stack vultr.apps: one app has one connection, so make an app for each",
    ]);
  });

  test("name an app whose id is encrypted, and pass over a mistaken file", () => {
    expect(writtenTokens({ master: app({ secure: "v1:abc" }), tenants: { a: { feishu: "x" }, b: null } })).toEqual({
      tokens: [],
      encrypted: ["roost:master.feishu.appId"],
    });
  });

  test("are bot tokens only: a model key may be shared", () => {
    expect(own("x").map(({ path }) => path)).toEqual(["roost:tenants.mine.telegram.token"]);
  });
});

describe("a stack file", () => {
  test("gives the keys of roost without their prefix, and nothing of a file without config", () => {
    expect(readStackText("config:\n  roost:host: { region: ewr }\n  vultr:apiKey: x\n")).toEqual({
      raw: { host: { region: "ewr" } },
    });
    expect(readStackText("encryptionsalt: x\n")).toEqual({ raw: {} });
    expect(readStackText("")).toEqual({ raw: {} });
  });

  test("keeps an id that is a key exactly as it is written, without quotes too", () => {
    expect(readStackText("config:\n  roost:moltbot: { discord: { guilds: { 234567890123456789: {} } } }\n")).toEqual({
      raw: { moltbot: { discord: { guilds: { "234567890123456789": {} } } } },
    });
  });

  test.each([
    ["config:\n  a: {token: hunter2\n", "is not YAML that Pulumi reads, see line 3, column 1"],
    ["config:\n  ? [hunter2]\n  : 1\n", "is not YAML that Pulumi reads, see line 2, column 5"],
    ["config:\n  a: !hunter2 x\n", "is not YAML that Pulumi reads, see line 2, column 6"],
    ["config:\n  a: &hunter2 x\n  b: *hunter2\n", "must not use YAML aliases: write each value out"],
    ["config: hunter2\n", "must have a map under the key config"],
    ["hunter2\n", "must be a map with the key config"],
  ])("that is wrong is one line that quotes nothing of it: %j", (text, problem) => {
    expect(readStackText(text)).toEqual({ problem });
  });
});

describe("a file of another stack that cannot be read", () => {
  const broken = mkdtempSync(join(tmpdir(), "roost-broken-"));
  afterAll(() => rmSync(broken, { recursive: true }));

  test("is named, because nobody knows which bots it has, and never quoted", () => {
    writeFileSync(join(broken, "Pulumi.vultr.prod.yaml"), "config:\n  a: {token: hunter2\n");
    mkdirSync(join(broken, "Pulumi.vultr.folder.yaml"));
    expect(compareStacks([], "vultr.dev", broken).problems).toEqual([
      "stack vultr.folder must be readable, so that its bots can be compared: its file cannot be opened (EISDIR)",
      "stack vultr.prod must be readable, so that its bots can be compared: its file is not YAML that Pulumi reads, see line 3, column 1",
    ]);
  });
});
