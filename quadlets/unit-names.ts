import type { Workload } from "../agents/workload.ts";

/** How the units of a workload are called. */
export interface UnitNames {
  /** Source file in this folder, also the unit's file but for tenants. */
  readonly source: string;
  /** Quadlet file of the unit, such as `nanobot@frontend.container`. */
  readonly container: string;
  /** Its systemd unit, such as `nanobot@frontend.service`. */
  readonly service: string;
  /** Name of the container and its network, such as `nanobot-frontend`. */
  readonly name: string;
  readonly image: string;
}

/** The names that belong to a workload. */
export function unitNames({ kind, name }: Pick<Workload, "kind" | "name">): UnitNames {
  if (kind === "moltbot") return single("moltbot-gateway", "moltbot-gateway");
  if (name === "master") return single("nanobot-master", "nanobot");
  return {
    source: "nanobot@.container",
    container: `nanobot@${name}.container`,
    service: `nanobot@${name}.service`,
    name: `nanobot-${name}`,
    image: "nanobot",
  };
}

function single(name: string, image: string): UnitNames {
  return { source: `${name}.container`, container: `${name}.container`, service: `${name}.service`, name, image };
}
