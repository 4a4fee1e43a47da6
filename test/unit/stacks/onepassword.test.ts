import { describe, expect, test } from "vitest";
import { z } from "zod";
import { telegramToken } from "../../../agents/secret-leaf.ts";
import { secretPaths } from "../../../agents/secret-paths.ts";
import { resolveReferences } from "../../../stacks/onepassword.ts";
import type { Invoked } from "../../../tools/record.ts";
import { deploy } from "../deploy.ts";

const schema = z.record(z.string(), telegramToken());
const VAULT = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const ITEMS: Readonly<Record<string, object>> = {
  "Front Bot": { credential: "1:front", password: "", sections: [] },
  Chain: { credential: "op://bots/Front Bot/credential" },
  Sections: {
    sections: [
      { id: "s1", label: "Bots", fields: [{ id: "f1", label: "token", value: "1:one" }] },
      { id: "s2", label: "Other", fields: [{ id: "f2", label: "token", value: "2:two" }] },
    ],
  },
};

const onePassword = ({ token, inputs }: Invoked): Record<string, unknown> => {
  if (token === "onepassword:index/getVault:getVault") {
    if (inputs["name"] === "bots" || inputs["uuid"] === VAULT) return { uuid: VAULT };
    throw new Error(`"${String(inputs["name"])}" isn't a vault in this account`);
  }
  const item = ITEMS[String(inputs["title"])];
  if (token !== "onepassword:index/getItem:getItem" || inputs["vault"] !== VAULT || item === undefined) {
    throw new Error(`"${String(inputs["title"])}" isn't an item\n    at plugin`);
  }
  return { ...item };
};

const resolve = (raw: Record<string, string>) =>
  deploy(() => resolveReferences(raw, secretPaths(schema, raw)), { call: onePassword });

describe("1Password references", () => {
  test("become the fields they name, and other values stay", async () => {
    const { result } = await resolve({ a: "op://bots/Front Bot/credential", b: "plain" });
    expect(result).toEqual({ raw: { a: "1:front", b: "plain" } });
  });

  test("read each vault and each item once, however often and in whatever case they are named", async () => {
    const { invokes } = await resolve({
      a: "op://bots/Front Bot/credential",
      b: "op://Bots/front bot/credential",
      c: "op://bots/Sections/Bots/token",
    });
    expect(invokes.map(({ token, inputs }) => [token.split(":").at(-1), inputs["title"] ?? inputs["name"]])).toEqual([
      ["getVault", "bots"],
      ["getItem", "Front Bot"],
      ["getItem", "Sections"],
    ]);
  });

  test("find a field by its section, and take ids for names", async () => {
    const { result } = await resolve({ a: `op://${VAULT}/Sections/Other/token`, b: "op://bots/Sections/s1/f1" });
    expect(result).toEqual({ raw: { a: "2:two", b: "1:one" } });
  });

  test("name every reference that gave nothing, with the fields there are and without a value", async () => {
    const { result } = await resolve({
      a: "op://bots/Front Bot/password",
      b: "op://bots/None/credential",
      c: "op://none/Front Bot/credential",
      d: "op://bots/Sections/token",
      e: "op://bots/Chain/credential",
    });
    expect(result).toEqual({
      problems: [
        'roost:a needs the field "password" of the 1Password item "Front Bot" of vault "bots", which has no such field with a value; it has credential',
        'roost:b needs the 1Password item "None" of vault "bots", which could not be read: "None" isn\'t an item',
        'roost:c needs the 1Password item "Front Bot" of vault "none", which could not be read: "none" isn\'t a vault in this account',
        'roost:d needs one field "token" of the 1Password item "Sections" of vault "bots", which has several: name the section, op://vault/item/section/field',
        'roost:e needs a secret in the field "credential" of the 1Password item "Chain" of vault "bots", which holds another reference',
      ],
    });
  });
});
