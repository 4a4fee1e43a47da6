import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { nanobotImage } from "./image.ts";

const SCRIPT = join(import.meta.dirname, "../support/container.sh");

/** A secret as the container sees it; root's and 0400 unless said. */
export interface SecretFile {
  readonly value: string | Uint8Array;
  readonly uid?: number;
  readonly mode?: number;
}

/** What differs from the container of a quadlet. */
export interface Launch {
  /** In place of the entry point. */
  readonly program?: readonly string[];
  readonly args?: readonly string[];
  /** Text of /data/config.json; none, no file. */
  readonly config?: string | Uint8Array;
  readonly secrets?: Readonly<Record<string, SecretFile>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: number;
  readonly capabilities?: readonly string[];
  /** Files that lie over the image, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What lies in the state volume afterwards. */
  readonly data: readonly string[];
}

/** Runs the image's entry point, or another program in the image, to its end: no network, the container's own user and rights. */
export function launch(how: Launch): Ended {
  const image = nanobotImage();
  const folder = mkdtempSync(join(tmpdir(), "roost-launch-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  mkdirSync(data);
  chownSync(data, 1000, 1000);
  const volumes = [`${data}:/data`];
  const config = how.config === undefined ? {} : { "/data/config.json": { value: how.config, mode: 0o444 } };
  const secrets = Object.entries(how.secrets ?? {}).map(([name, secret]) => [`/run/secrets/${name}`, secret]);
  const mounted: Record<string, SecretFile> = { ...Object.fromEntries(secrets), ...config };
  for (const [index, [target, { value, uid = 0, mode = 0o400 }]] of Object.entries(mounted).entries()) {
    const file = join(folder, String(index));
    writeFileSync(file, value);
    chmodSync(file, mode);
    chownSync(file, uid, uid);
    volumes.push(`${file}:${target}:ro`);
  }
  for (const [path, text] of Object.entries({ ...image.programs, ...how.files })) {
    mkdirSync(dirname(join(folder, "over", path)), { recursive: true });
    writeFileSync(join(folder, "over", path), text);
  }
  const options = [
    "--tmpfs",
    "/tmp:mode=1777",
    "--user",
    String(how.user ?? 0),
    ...volumes.flatMap((volume) => ["--volume", volume]),
    ...(how.capabilities ?? ["setuid", "setgid"]).flatMap((name) => ["--capability", name]),
  ];
  const program = how.program ?? [...image.entryPoint, ...(how.args ?? ["gateway", "--config", "/data/config.json"])];
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["--net", "bash", SCRIPT, ...options, image.root, join(folder, "over"), "--", ...program],
    // An agent that starts after all would never end by itself.
    { encoding: "utf8", env: { ...image.environment, ...how.environment }, timeout: 60_000, killSignal: "SIGKILL" },
  );
  return { status, stdout, stderr, data: readdirSync(data) };
}
