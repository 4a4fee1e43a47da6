// Plain JavaScript that any Node can read: every npm script starts here, so that a missing piece is one line and not a stack.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const installed = (...parts) => fs.existsSync(path.join(root, "node_modules", ...parts));

function missing() {
  const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const packages = Object.keys(Object.assign({}, dependencies, devDependencies));
  const absent = packages.filter((name) => !installed(name, "package.json"));
  if (absent.length === packages.length) return "the packages are not installed: run `npm ci`";
  if (absent.length > 0) return `not installed: ${absent.join(", ")}: run \`npm ci\``;

  // 22.18 is the first that runs TypeScript without a flag; the pinned Node comes first in every `npm run`.
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return undefined;
  const old = `Node ${process.versions.node} is too old`;
  if (!installed("node", "bin", "node")) {
    return `${old} and the pinned one is not installed: run \`npm ci\` without --ignore-scripts`;
  }
  return `${old}: start this through \`npm run\`, which puts the pinned Node first`;
}

const problem = missing();
if (problem !== undefined) {
  console.error(`roost: ${problem}`);
  process.exit(2);
}
