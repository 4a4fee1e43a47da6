import { readFileSync } from "node:fs";
import { join } from "node:path";
import { oracle } from "../../conformance/support/host-tree.ts";
import type { Image } from "../support/container.ts";

const SOURCES = join(import.meta.dirname, "../../../images/nanobot");
const LAUNCHER = "/opt/roost/launcher.py";

const WITHOUT_LAUNCHER = `
import ctypes, os, pathlib, sys
os.environ |= {file.name: file.read_text() for file in pathlib.Path("/run/secrets").iterdir()}
os.setgroups([])
os.setresgid(1000, 1000, 1000)
os.setresuid(1000, 1000, 1000)
# Yama, where a kernel has it, would hide what the launcher is for.
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "nanobot", *sys.argv[1:]])
`;

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

/** The same image with the secrets in nanobot's environment, as an image without the launcher would have them. */
export function withoutLauncher(): Image {
  return { ...nanobotImage(), programs: { [LAUNCHER]: WITHOUT_LAUNCHER } };
}
