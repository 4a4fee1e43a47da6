import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { oracle } from "./support/host-tree.ts";

// What the engine and the machine's own `useradd --root` look up below the root; the groups are those that Fedora
// CoreOS has before Ignition runs and a host config may name.
const USERLAND = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
  "etc/shadow": "root:*:20000::::::\n",
  "etc/group": "root:x:0:\nadm:x:4:\nwheel:x:10:\nsudo:x:16:\nsystemd-journal:x:190:\n",
  "etc/gshadow": "root:*::\nadm:*::\nwheel:*::\nsudo:*::\nsystemd-journal:*::\n",
  "etc/login.defs": "USERGROUPS_ENAB yes\nHOME_MODE 0700\n",
  "etc/default/useradd": "HOME=/var/home\nSHELL=/bin/bash\n",
};

/**
 * Applies an Ignition config to a root as a first boot does, with the stages `fetch` and `files` of the real engine:
 * users, groups and keys, folders, files, links, units and presets. Needs root, which makes owners and the engine's
 * `chroot` possible. An empty folder will do for the root: it is given the tables of users and groups first.
 *
 * It does not cover kernel arguments (stage `kargs`), SELinux labels, and what systemd makes of the presets.
 */
export async function applyIgnition(ignFile: string, root: string): Promise<void> {
  const engine = join(oracle("ignition-2.27.0", "butane.sh"), "ignition");
  if (!existsSync(join(root, "etc/passwd"))) await layOutUserland(root);
  const work = await mkdtemp(join(tmpdir(), "roost-ignition-"));
  try {
    const none = join(work, "none");
    const env = {
      ...process.env,
      IGNITION_CONFIG_FILE: resolve(ignFile),
      KERNEL_CMDLINE_PATH: "/dev/null",
      // No base config of this machine.
      SYSTEM_RUNTIME_CONFIG_DIR: none,
      SYSTEM_LOCAL_CONFIG_DIR: none,
      SYSTEM_CONFIG_DIR: none,
    };
    const files = [`--config-cache=${work}/config`, `--state-file=${work}/state`, `--neednet=${work}/neednet`];
    for (const stage of ["fetch", "files"]) {
      await runStage(
        engine,
        [`--stage=${stage}`, "--platform=file", `--root=${resolve(root)}`, "--log-to-stdout", ...files],
        env,
      );
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function layOutUserland(root: string): Promise<void> {
  // The engine writes keys as their user, who must get through a temporary folder too.
  await chmod(root, 0o755);
  await mkdir(join(root, "etc/default"), { recursive: true });
  for (const [path, content] of Object.entries(USERLAND)) {
    await writeFile(join(root, path), content, { mode: path.endsWith("shadow") ? 0o600 : 0o644 });
  }
}

function runStage(engine: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, fail) => {
    execFile(engine, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, log) => {
      // The log quotes the whole config; only what the engine says at last is repeated.
      const reason = log.split("\n").findLast((line) => line.startsWith("CRITICAL"));
      if (error === null) done();
      else fail(new Error(`ignition ${args[0]}: ${reason ?? "failed without a reason"}`));
    });
  });
}
