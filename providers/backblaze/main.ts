import { main } from "@pulumi/pulumi/provider/index.js";
import { connectedEngine } from "./engine-log.ts";
import { acceptImports } from "./import-request.ts";
import { realIo } from "./io.ts";
import { createProvider } from "./provider.ts";
import { readSettings } from "./settings.ts";

acceptImports();
const args = process.argv.slice(2);
const provider = createProvider({ settings: () => readSettings(process.env), io: realIo, warn: connectedEngine(args) });
await main(provider, args);
