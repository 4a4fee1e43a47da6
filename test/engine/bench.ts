// What a preview and an up take in the real engine, and whose share it is: a report, part of `npm run bench`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Used, watchProcesses } from "./support/processes.ts";
import { Project } from "./support/project.ts";
import { ROOT } from "./support/root.ts";
import { EXAMPLE } from "./support/running.ts";

/** Whose process a command line is; the first that matches. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ["our program", /@pulumi\/pulumi\/cmd\/run/],
  ["our plugin for B2", /providers\/backblaze/],
  ["stand-ins for plugins", /test\/engine\/stand-in/],
  ["engine and CLI", /pulumi/],
];

const project = await Project.create(EXAMPLE);
try {
  await measured("pulumi preview, the first", () => project.preview());
  await measured("pulumi up, the first", () => project.up());
  await measured("pulumi up without a change", () => project.up());
  await measured("pulumi preview without a change", () => project.preview());
} finally {
  await project.remove();
}
offline();

async function measured(what: string, run: () => Promise<{ readonly status: number; readonly output: string }>) {
  const stop = watchProcesses();
  const start = performance.now();
  const { status, output } = await run();
  const wall = (performance.now() - start) / 1000;
  const used = stop();
  if (status !== 0) throw new Error(`${what} failed:\n${output}`);
  print(what, wall, used);
  for (const [part] of PARTS)
    print(
      `  ${part}`,
      undefined,
      used.filter((one) => partOf(one) === part),
    );
}

/** The same stack in `npm run preview`, which needs neither engine nor plugins. */
function offline(): void {
  const command = [process.execPath, join(ROOT, "tools", "preview", "main.ts"), EXAMPLE, "--json"];
  const start = performance.now();
  const child = spawnSync("/usr/bin/time", ["-f", "%M %U %S", ...command], { encoding: "utf8", maxBuffer: 1e9 });
  const wall = (performance.now() - start) / 1000;
  if (child.status !== 0) throw new Error(`preview failed:\n${child.stderr}`);
  const [kib = 0, user = 0, system = 0] = (child.stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  print("npm run preview, offline", wall, [{ command: "", cpuSeconds: user + system, peakMib: kib / 1024 }]);
}

function partOf({ command }: Used): string | undefined {
  return PARTS.find(([, pattern]) => pattern.test(command))?.[0];
}

/** CPU of all, and the most memory that one of them had. */
function print(what: string, wall: number | undefined, used: readonly Used[]): void {
  const cpu = used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const peak = Math.max(0, ...used.map(({ peakMib }) => peakMib));
  console.log(
    `${what.padEnd(34)} ${(wall?.toFixed(2) ?? "").padStart(8)} ${cpu.toFixed(2).padStart(8)} ${peak.toFixed(0).padStart(8)}`,
  );
}
