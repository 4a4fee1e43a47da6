// Plain JavaScript that any Node can read: every npm script starts here, so that a missing piece is one line and not a stack.
"use strict";
var fs = require("node:fs");
var path = require("node:path");

var root = path.join(__dirname, "..");

function missing() {
  if (!fs.existsSync(path.join(root, "node_modules", "@pulumi", "pulumi"))) {
    return "the packages are not installed: run `npm ci`";
  }
  var version = process.versions.node.split(".").map(Number);
  var recent = version[0] > 22 || (version[0] === 22 && version[1] >= 18);
  if (recent) return undefined;
  if (!fs.existsSync(path.join(root, "node_modules", "node", "bin", "node"))) {
    return (
      "Node " +
      process.versions.node +
      " is too old and the pinned one is not installed: run `npm ci` without --ignore-scripts"
    );
  }
  return (
    "Node " + process.versions.node + " is too old: start this through `npm run`, which puts the pinned Node first"
  );
}

var problem = missing();
if (problem !== undefined) {
  console.error("roost: " + problem);
  process.exit(2);
}
