import { createHash } from "node:crypto";
import { serviceOf } from "./agent.ts";
import type { Guest } from "./guest.ts";
import type { RenderedHost } from "./render.ts";

/**
 * Fetches the host's release with what it was born with, lays it out, makes volumes and secrets, and starts the agents:
 * for scenarios about what containers can do, which a host's own updates have no part in. Gives the agents' units.
 */
export async function layOut(guest: Guest, host: RenderedHost): Promise<string[]> {
  await guest.output(LAY_OUT, 400);
  return host.workloads.map(serviceOf);
}

const LAY_OUT = `
  set -euo pipefail
  release=/var/lib/roost/releases/lab tree=/etc/roost/releases/lab
  mkdir -p $release $tree
  cd "$(mktemp -d)"
  b() { jq -er "$1" /etc/roost/birth.json; }
  get() {
    curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:s3 --user "$(b .store.keyId):$(b .store.key)" \\
      "$(b .store.endpoint)/$(b .store.bucket)/$(b .store.prefix)$1"
  }
  get "$(get current | jq -er .id).jwe" >release.jwe
  b .jwk >key.jwk
  jose jwe dec -i release.jwe -k key.jwk -O release.tar
  tar --extract --file release.tar --directory $release secrets
  tar --extract --file release.tar --directory $tree --exclude secrets
  for secret in $release/secrets/podman/*; do podman secret create "$(basename $secret)" $secret; done
  for workload in $tree/host/workloads/*.json; do
    image=/var/lib/roost/volumes/$(basename $workload .json).xfs
    fallocate --length "$(jq .volumeMib $workload)MiB" $image
    mkfs.xfs -q $image
    mkdir -p /var/lib/roost/state/$(basename $workload .json)
  done
  ln -sfT releases/lab /etc/roost/current
  systemctl daemon-reload
  systemctl start --no-block roost-agents.target`;

/** What the lab's agent writes down of a secret that it was given. */
export function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
