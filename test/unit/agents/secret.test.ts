import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Secret } from "../../../agents/secret.ts";
import { discordToken, modelKey, placeholderOf, secretKind, telegramToken } from "../../../agents/secret-leaf.ts";
import { replaceAt, secretPaths, showPath } from "../../../agents/secret-paths.ts";

const TOKEN = "123456789:AAF0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

describe("Secret", () => {
  test("cannot be printed, logged, put into a text or into JSON", () => {
    const secret = new Secret("hunter2");
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }),
      format("%s %o %j", secret, secret, secret),
    ];
    for (const text of shown) {
      expect(text).toContain("[secret]");
      expect(text).not.toContain("hunter2");
    }
  });

  test("gives its text to who asks for it", () => {
    expect(new Secret("hunter2").reveal()).toBe("hunter2");
  });
});

describe("a secret leaf", () => {
  const messages = (value: unknown) =>
    telegramToken()
      .safeParse(value)
      .error?.issues.map(({ message }) => message);

  test("takes a token of its form and a reference", () => {
    expect(telegramToken().parse(TOKEN).reveal()).toBe(TOKEN);
    expect(messages("op://vault/Front Bot/credential")).toBeUndefined();
    expect(messages("op://vault/item/section/field")).toBeUndefined();
  });

  test.each([
    ["op://vault/item"],
    ["op://vault//field"],
    ["op://vault/item/field?attribute=otp"],
    ["op://a/b/c/d/e"],
    ["op://vault/100%/field"],
  ])("refuses the reference %s", (reference) => {
    expect(messages(reference)).toEqual([
      "must be op://vault/item/field or op://vault/item/section/field, got a reference of another form",
    ]);
  });

  test.each([[""], ["changeme"], ["YOUR_TOKEN"], ["<token>"], ["xxxx"], ["123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"]])(
    "refuses the placeholder %j",
    (text) => {
      expect(messages(text)).toEqual(["must be a Telegram bot token, got a placeholder that was left in"]);
    },
  );

  test("refuses a text of another form, white space and other types without showing them", () => {
    expect(messages("hunter2")).toEqual([
      "must be a Telegram bot token (digits, a colon, about 35 letters, from @BotFather), got a text of another form",
    ]);
    expect(messages(`${TOKEN}\n`)).toEqual(["must be a Telegram bot token without white space around it"]);
    expect(messages(123456789)).toEqual([
      "must be a Telegram bot token in quotes (digits, a colon, about 35 letters, from @BotFather), got something that is no string",
    ]);
  });

  test.each([
    ["telegram", telegramToken],
    ["discord", discordToken],
    ["model", modelKey],
  ])("has a placeholder of its own form that differs per path (%s)", (_name, leaf) => {
    const schema = leaf();
    const kind = secretKind(schema);
    if (kind === undefined) throw new Error("not a secret leaf");
    const [one, other] = [placeholderOf(kind, "tenants.a.token"), placeholderOf(kind, "tenants.b.token")];
    expect(schema.safeParse(one).success).toBe(true);
    expect(one).not.toBe(other);
    expect(placeholderOf(kind, "tenants.a.token")).toBe(one);
  });
});

describe("secret paths", () => {
  const schema = z.strictObject({
    plain: z.string().optional(),
    key: modelKey().describe("a copy of the schema").optional(),
    bots: z.record(z.string(), z.strictObject({ tokens: z.array(telegramToken()) })).default({}),
  });

  test("are found through maps, lists, defaults and options, and no other leaf is", () => {
    const raw = { plain: "p", key: "k", bots: { a: { tokens: ["1", { secure: "v1:x" }] } } };
    expect(secretPaths(schema, raw).map(({ path, value }) => [showPath(path), value])).toEqual([
      ["key", "k"],
      ["bots.a.tokens[0]", "1"],
      ["bots.a.tokens[1]", { secure: "v1:x" }],
    ]);
  });

  test("pass over parts of a wrong type", () => {
    expect(secretPaths(schema, { bots: ["a"], key: undefined })).toEqual([]);
    expect(secretPaths(schema, null)).toEqual([]);
  });

  test("are replaced in a copy", () => {
    const raw = { bots: { a: { tokens: ["1", "2"] } } };
    expect(replaceAt(raw, [{ path: ["bots", "a", "tokens", 1], value: "x" }])).toEqual({
      bots: { a: { tokens: ["1", "x"] } },
    });
    expect(raw.bots.a.tokens).toEqual(["1", "2"]);
  });
});
