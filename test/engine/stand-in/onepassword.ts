import type { StandIn, Values } from "./table.ts";

/** Items by vault, then title: each has one field, the credential. */
type Vaults = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The text that stands for a name's id. */
const idOf = (name: string) => `id of ${name}`;

export const onepassword: StandIn = {
  // Version of the npm package `@1password/pulumi-onepassword`, which asks for the plugin of its own version.
  version: "1.1.3",
  resources: {},
  // What the functions take and give: the package's getVault.d.ts and getItem.d.ts.
  functions: {
    "onepassword:index/getVault:getVault": ({ name }, settings) => {
      const vault = Object.keys(vaultsOf(settings)).find((known) => known === name);
      if (vault === undefined) throw new Error(`no vault "${String(name)}"`);
      return { id: idOf(vault), uuid: idOf(vault), name: vault, description: "" };
    },
    "onepassword:index/getItem:getItem": ({ vault, title }, settings) => {
      const [, items = {}] = Object.entries(vaultsOf(settings)).find(([name]) => idOf(name) === vault) ?? [];
      const credential = items[String(title)];
      if (credential === undefined) throw new Error(`no item "${String(title)}"`);
      return {
        id: idOf(String(title)),
        uuid: idOf(String(title)),
        title,
        vault,
        category: "API_CREDENTIAL",
        credential,
      };
    },
  },
};

function vaultsOf(settings: Values): Vaults {
  return (settings["vaults"] ?? {}) as Vaults; // the test wrote it
}
