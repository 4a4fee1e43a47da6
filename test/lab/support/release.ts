import { createHash } from "node:crypto";
import { openRelease } from "../../../components/release/pack.ts";
import { uidBase } from "../../../quadlets/uid-map.ts";
import { ignitionFile } from "../../../tools/preview/artifacts.ts";
import type { Guest } from "./guest.ts";
import type { RenderedHost } from "./render.ts";

/**
 * Lays a host's release out and starts its agents, with state folders on the host's own disk: for scenarios about what
 * containers can do, which need no store. Gives the names of the agents' units.
 */
export async function layOut(guest: Guest, host: RenderedHost): Promise<string[]> {
  const birth: { jwk: { k: string } } = JSON.parse(await ignitionFile(host.userData, "/etc/roost/birth.json"));
  const archive = host.files.find(({ name }) => name.endsWith(".jwe"));
  if (archive === undefined) throw new Error("the program uploads no release");
  const entries = await openRelease(archive.content.toString(), birth.jwk.k);
  const units: string[] = [];
  for (const entry of entries) {
    if ("target" in entry) {
      await guest.output(`mkdir -p "$(dirname /etc/roost/releases/lab/${entry.path})"
        ln -s '${entry.target}' '/etc/roost/releases/lab/${entry.path}'`);
      continue;
    }
    if (entry.path === "manifest.json") units.push(...Object.keys(JSON.parse(entry.content).units));
    const podman = /^secrets\/podman\/(.+)$/.exec(entry.path)?.[1];
    const folder = entry.path.startsWith("secrets/") ? "/var/lib/roost/releases/lab" : "/etc/roost/releases/lab";
    await guest.put(`${folder}/${entry.path}`, entry.content, entry.mode);
    if (podman !== undefined) await guest.output(`podman secret create ${podman} ${folder}/${entry.path}`);
  }
  for (const unit of units) {
    const name = workloadOf(unit);
    const uid = uidBase(name) + 1;
    await guest.output(`install -d -m 0711 /var/lib/roost/state/${name}
      install -d -m 0700 -o ${uid} -g ${uid} /var/lib/roost/state/${name}/data`);
  }
  await guest.output(`ln -sfT releases/lab /etc/roost/current && systemctl daemon-reload`);
  await guest.output("systemctl start --no-block roost-agents.target");
  return units;
}

/** The workload of an agent's unit, such as `frontend` of `nanobot@frontend.service`. */
export function workloadOf(unit: string): string {
  return unit.replace(/^nanobot[@-]/, "").replace(/\.service$/, "");
}

/** What the lab's agent writes down of a secret that it was given. */
export function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
