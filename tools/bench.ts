import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { STACK_FOLDER } from "../stacks/folder.ts";

/** One measured run of a command as a whole process. */
interface Run {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

const RUNS = 5;
const MAIN = join(import.meta.dirname, "preview", "main.ts");
const folder = mkdtempSync(join(tmpdir(), "roost-bench-"));

try {
  row("what (median of runs)", "wall s", "CPU s", "MiB", "aim");
  const example = preview(["vultr.nanobot.example"], RUNS);
  print("preview vultr.nanobot.example", example, "2.5 s wall, 350 MiB");
  print("preview vultr.moltbot.example", preview(["vultr.moltbot.example"], RUNS), "2.5 s wall, 350 MiB");
  const hundred = preview(["--config", tenants(100), "--program", "vultr"], 3);
  print("preview of 100 tenants", hundred, "");
  const thousand = preview(["--config", tenants(1000), "--program", "vultr"], 3);
  print("preview of 1,000 tenants", thousand, "15 s wall");
  row("CPU of 1,000 against 100 tenants", "", (thousand.cpuSeconds / hundred.cpuSeconds).toFixed(1), "", "at most 12");
  print("unit tests", measure(["npx", "vitest", "run"], 1), "20 s wall");
  engine();
} finally {
  rmSync(folder, { recursive: true });
}

/** The same stack in the real engine, each command once. */
function engine(): void {
  const cli = process.env["ROOST_PULUMI"] ?? "pulumi";
  if (spawnSync(cli, ["version"]).error !== undefined) {
    console.log(`the real engine did not run: there is no ${cli}, name one with ROOST_PULUMI`);
    return;
  }
  row("once, most MiB of one process", "wall s", "CPU s", "MiB", "");
  spawnSync(process.execPath, [join(import.meta.dirname, "..", "test", "engine", "bench.ts")], { stdio: "inherit" });
}

function preview(args: readonly string[], runs: number): Run {
  return measure([process.execPath, MAIN, ...args, "--out", folder, "--json"], runs);
}

/** A stack file with so many tenants, on a plan whose disk holds them and whose memory does not. */
function tenants(count: number): string {
  const example: { config: Record<string, Record<string, unknown>> } = parse(
    readFileSync(join(STACK_FOLDER, "Pulumi.vultr.nanobot.example.yaml"), "utf8"),
  );
  const frontend = example.config["roost:tenants"]?.["frontend"];
  const copies = Array.from({ length: count }, (_, index) => [
    `tenant-${index}`,
    JSON.parse(JSON.stringify(frontend).replaceAll("Frontend", `Tenant ${index}`)),
  ]);
  const config = {
    ...example.config,
    "roost:host": { ...example.config["roost:host"], plan: "vc2-16c-64gb", overcommit: true },
    "roost:images": { nanobot: `ghcr.io/owner/nanobot@sha256:${"1".repeat(64)}` },
    "roost:tenants": Object.fromEntries(copies),
  };
  const file = join(folder, `Pulumi.vultr.bench-${count}.yaml`);
  writeFileSync(file, stringify({ config }));
  return file;
}

/** Whole processes, each cold: what a person waits for. */
function measure([command = "", ...args]: readonly string[], runs: number): Run {
  const taken = Array.from({ length: runs }, () => once(command, args));
  return {
    wallSeconds: median(taken.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(taken.map(({ cpuSeconds }) => cpuSeconds)),
    peakMib: median(taken.map(({ peakMib }) => peakMib)),
  };
}

function once(command: string, args: readonly string[]): Run {
  const start = performance.now();
  // GNU time knows the peak and the CPU time of one child.
  const child = spawnSync("/usr/bin/time", ["-f", "%M %U %S", command, ...args], { encoding: "utf8", maxBuffer: 1e9 });
  const wallSeconds = (performance.now() - start) / 1000;
  if (child.status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${child.stderr}${child.stdout}`);
  const [kib = 0, user = 0, system = 0] = (child.stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { wallSeconds, cpuSeconds: user + system, peakMib: kib / 1024 };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function print(what: string, { wallSeconds, cpuSeconds, peakMib }: Run, aim: string): void {
  row(what, wallSeconds.toFixed(2), cpuSeconds.toFixed(2), peakMib.toFixed(0), aim);
}

function row(what: string, wall: string, cpu: string, memory: string, aim: string): void {
  console.log(`${what.padEnd(34)} ${wall.padStart(8)} ${cpu.padStart(8)} ${memory.padStart(8)}  ${aim}`);
}
