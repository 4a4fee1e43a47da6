import { readFileSync } from "node:fs";
import { join } from "node:path";
import { oracle } from "../../conformance/support/host-tree.ts";
import type { Image } from "../support/container.ts";

const SOURCES = join(import.meta.dirname, "../../../images/nanobot");
const LAUNCHER = "/opt/roost/launcher.py";

/** The nanobot image: what install.sh made of a Debian root, the launcher as it is now, and what the Containerfile states. */
export function nanobotImage(): Image {
  const containerfile = readFileSync(join(SOURCES, "Containerfile"), "utf8");
  const [, entryPoint = ""] = /^ENTRYPOINT (.*)$/m.exec(containerfile) ?? [];
  const [, variables = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(containerfile) ?? [];
  return {
    root: join(oracle("nanobot-image-0.3.5", "nanobot-image.sh"), "root"),
    programs: { [LAUNCHER]: readFileSync(join(SOURCES, "launcher.py"), "utf8") },
    trees: [],
    open: [],
    entryPoint: JSON.parse(entryPoint) as string[],
    environment: Object.fromEntries([...variables.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
  };
}
