import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOST_FILES_DIR, type HostButaneArgs, hostButane } from "../../../butane/host.ts";
import { filesDir, renderIgnition } from "../../../butane/render/ignition.ts";
import { hostArgs } from "../../unit/butane/fixtures.ts";
import { applyIgnition } from "../apply-ignition.ts";
import { layOut, scratch, systemdRoot } from "./host-tree.ts";

/** What uCore has and a bare systemd has not. */
const UCORE = [
  ...["podman", "rpm-ostree"].map((name) => ({ path: `usr/bin/${name}`, content: "", mode: 0o755 })),
  ...["system/tailscaled.service", "system/rpm-ostreed.service", "user/podman.service"].map((name) => ({
    path: `usr/lib/systemd/${name}`,
    content: "[Service]\nExecStart=/usr/bin/true\n",
    mode: 0o644,
  })),
  {
    path: "usr/lib/systemd/user/podman.socket",
    content: "[Socket]\nListenStream=%t/podman/podman.sock\n",
    mode: 0o644,
  },
  { path: "usr/lib/systemd/system-preset/99-default-disable.preset", content: "disable *\n", mode: 0o644 },
];

/** The root of a host to which the real Ignition engine has applied the user data; to chroot into. */
export async function bornHost(changes: Partial<HostButaneArgs> = {}): Promise<string> {
  const root = systemdRoot();
  layOut(root, UCORE);
  const config = join(scratch(), "config.ign");
  writeFileSync(config, renderIgnition(hostButane({ ...hostArgs, ...changes }), filesDir(HOST_FILES_DIR)));
  await applyIgnition(config, root);
  return root;
}
