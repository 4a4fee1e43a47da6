import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onepassword } from "../stand-in/onepassword.ts";
import { tailscale } from "../stand-in/tailscale.ts";
import { vultr } from "../stand-in/vultr.ts";
import { ROOT } from "./root.ts";

/** Plugins that no package registry has, by name. */
export const STAND_INS = { onepassword, tailscale, vultr };

/** Puts the stand-ins where the engine looks for the plugins that the npm SDKs ask for. */
export function installStandIns(project: string): void {
  const main = join(ROOT, "test", "engine", "stand-in", "main.ts");
  for (const [name, { version }] of Object.entries(STAND_INS)) {
    const folder = join(project, ".home", "plugins", `resource-${name}-v${version}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `pulumi-resource-${name}`), `#!/bin/sh\nexec node '${main}' ${name} "$@"\n`, {
      mode: 0o755,
    });
  }
}
