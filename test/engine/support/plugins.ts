import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onepassword } from "../stand-in/onepassword.ts";
import { tailscale } from "../stand-in/tailscale.ts";
import { vultr } from "../stand-in/vultr.ts";
import { ROOT } from "./root.ts";

/** Plugins that no package registry has, by name. */
const STAND_INS = { onepassword, tailscale, vultr };

/**
 * Folder with real plugins, such as `~/.pulumi/plugins`. Never looked for: a real plugin may reach a real account.
 */
const REAL = process.env["ROOST_PLUGINS"];

/** Where the engine looks for each plugin that an npm SDK asks for, below its cache, and whether a real one is there. */
export function plugins(real = REAL) {
  return Object.entries(STAND_INS).map(([name, { version }]) => {
    const folder = `resource-${name}-v${version}`;
    const found = real === undefined ? undefined : join(real, folder);
    return { name, folder, real: found !== undefined && existsSync(found) ? found : undefined };
  });
}

/** Puts real plugins, and stand-ins for the rest, where the engine looks. */
export function installPlugins(project: string): void {
  const main = join(ROOT, "test", "engine", "stand-in", "main.ts");
  const cache = join(project, ".home", "plugins");
  mkdirSync(cache, { recursive: true });
  for (const { name, folder, real } of plugins()) {
    if (real !== undefined) {
      symlinkSync(real, join(cache, folder));
      continue;
    }
    mkdirSync(join(cache, folder));
    writeFileSync(join(cache, folder, `pulumi-resource-${name}`), `#!/bin/sh\nexec node '${main}' ${name} "$@"\n`, {
      mode: 0o755,
    });
  }
}
