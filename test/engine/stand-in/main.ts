// One program for all stand-ins: its first argument says which; the engine adds its address.
import { main } from "@pulumi/pulumi/provider/index.js";
import { acceptImports } from "../../../providers/backblaze/import-request.ts";
import { Cloud } from "./cloud.ts";
import { onepassword } from "./onepassword.ts";
import { standInProvider } from "./provider.ts";
import type { StandIn } from "./table.ts";
import { tailscale } from "./tailscale.ts";
import { vultr } from "./vultr.ts";

const standIns: Readonly<Record<string, StandIn>> = { onepassword, tailscale, vultr };

const [name = "", ...args] = process.argv.slice(2);
const standIn = standIns[name];
if (standIn === undefined) throw new Error(`there is no stand-in for the plugin "${name}"`);
const folder = process.env["ROOST_STAND_INS"];
if (folder === undefined) throw new Error("ROOST_STAND_INS must name the folder of the stand-ins' cloud");

acceptImports();
await main(standInProvider(standIn, new Cloud(folder)), args);
