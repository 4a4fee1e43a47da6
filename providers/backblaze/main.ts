import { main } from "@pulumi/pulumi/provider/index.js";
import { watchEngine } from "./engine-alive.ts";
import { connectedEngine } from "./engine-log.ts";
import { acceptImports } from "./import-request.ts";
import { realIo } from "./io.ts";
import { createProvider } from "./provider.ts";
import { readSettings } from "./settings.ts";

acceptImports();
const args = process.argv.slice(2);
const provider = createProvider({ settings: () => readSettings(process.env), io: realIo, warn: connectedEngine(args) });
watchEngine(args, () => process.exit());
await main(provider, args);
