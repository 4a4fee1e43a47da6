import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withReference } from "./config-reference.ts";

const readme = join(import.meta.dirname, "..", "README.md");
writeFileSync(readme, withReference(readFileSync(readme, "utf8")));
