import { STAND_INS } from "./plugins.ts";

const standIns = Object.keys(STAND_INS).toSorted().join(", ");
console.log(`engine: the plugin backblaze is the real one, before a fake B2; these stand in: ${standIns}`);
