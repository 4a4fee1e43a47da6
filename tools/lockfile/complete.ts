/** A package in a lock file of version 3, as far as this tool reads it. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly cpu?: readonly string[];
  readonly dev?: true;
  readonly libc?: readonly string[];
  readonly optional?: true;
  readonly os?: readonly string[];
  readonly peer?: true;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A lock file of version 3; packages by their place, such as `node_modules/oxlint`. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const OPERATING_SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "openbsd", "openharmony", "sunos", "win32"];
const CPUS = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

/** The optional dependencies that a lock file names and does not hold, by the place where npm would put them. */
export function missingPackages(lock: Lock): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {};
  for (const [place, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (placesOf(name, place).some((candidate) => candidate in lock.packages)) continue;
      missing[`node_modules/${name}`] = lockedBinary(name, version, parent);
    }
  }
  return missing;
}

/** The lock file with every missing package, its packages in npm's order. */
export function completeLock<T extends Lock>(lock: T): T {
  const packages = Object.entries({ ...lock.packages, ...missingPackages(lock) });
  packages.sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** Where Node looks for a package: beside the one that asks and in every folder above. */
function placesOf(name: string, from: string): string[] {
  const folders = from.split("/node_modules/");
  const above = folders.map((_, depth) => `${folders.slice(0, depth + 1).join("/node_modules/")}/node_modules/${name}`);
  return [...above, `node_modules/${name}`];
}

// No integrity: it stands in a registry that serves the package, and npm checks what that registry says.
function lockedBinary(name: string, version: string, parent: LockedPackage): LockedPackage {
  if (!EXACT_VERSION.test(version)) {
    throw new Error(`${name} ${version} is missing and has no exact version: lock it where the registry serves it`);
  }
  const words = name.split(/[/-]/);
  const os = words.find((word) => OPERATING_SYSTEMS.includes(word));
  const cpu = words.find((word) => CPUS.includes(word));
  if (os === undefined || cpu === undefined) {
    throw new Error(`${name} is missing and its name says no platform: lock it where the registry serves it`);
  }
  const abi = words.at(-1) ?? "";
  const libc =
    os !== "linux" ? undefined : abi.startsWith("musl") ? "musl" : abi.startsWith("gnu") ? "glibc" : undefined;
  return {
    version,
    cpu: [cpu],
    ...(parent.dev && { dev: true }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [os],
    ...(parent.peer && { peer: true }),
  };
}
