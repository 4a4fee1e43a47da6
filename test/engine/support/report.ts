import { plugins } from "./plugins.ts";

const all = plugins();
const real = [
  "backblaze (before a fake B2)",
  ...all.flatMap((plugin) => (plugin.real === undefined ? [] : plugin.name)),
];
const standIns = all.flatMap((plugin) => (plugin.real === undefined ? plugin.name : []));
console.log(`engine: real plugins: ${real.join(", ")}; these stand in: ${standIns.join(", ") || "none"}`);
