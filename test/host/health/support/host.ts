import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../../../..");
/** The uid on the host of the stand-in tenant's agent. */
export const AGENT_UID = 300_001;

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A host in a folder: the real scripts, with stand-ins for what needs a booted machine. */
export class Host {
  readonly root = mkdtempSync(join(tmpdir(), "roost-health-"));
  readonly state = join(this.root, "stand-ins");
  readonly environment: Record<string, string> = {};

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
    for (const folder of ["units", "containers", "secrets", "journal"])
      mkdirSync(join(this.state, folder), { recursive: true });
    this.write("/etc/os-release", "ID=fedora\nVARIANT_ID=ucore\n");
    this.write(
      "/etc/roost/releases/r1/host/config.json",
      JSON.stringify({ stack: "vultr.test", host: "bird", alerts: { deafMinutes: 10 } }),
    );
    symlinkSync("releases/r1", join(this.root, "etc/roost/current"));
    this.standIn("tailscale", JSON.stringify({ BackendState: "Running", Self: {} }));
    mkdirSync(join(this.root, "var/log"), { recursive: true });
  }

  /** A running, healthy tenant with state. */
  tenant(name: string, fields: Record<string, unknown> = {}): void {
    this.write(
      `/etc/roost/releases/r1/host/workloads/${name}.json`,
      JSON.stringify({
        name,
        kind: "nanobot",
        service: `nanobot@${name}.service`,
        container: `nanobot-${name}`,
        agentUid: AGENT_UID,
        backupEveryMinutes: 5,
        channels: [],
        allowFrom: { telegram: ["123"] },
        pairing: false,
        ...fields,
      }),
    );
    this.standIn(`units/nanobot@${name}.service`, "active 0");
    this.standIn(`containers/nanobot-${name}`, "healthy");
    const data = join(this.root, "var/lib/roost/state", name, "data");
    mkdirSync(data, { recursive: true });
    chownSync(data, AGENT_UID, AGENT_UID);
    chmodSync(data, 0o700);
  }

  standIn(file: string, text: string): void {
    writeFileSync(join(this.state, file), `${text}\n`);
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** What was called, one line each. */
  calls(): string {
    return existsSync(join(this.state, "calls")) ? readFileSync(join(this.state, "calls"), "utf8") : "";
  }

  status(): Record<string, unknown> {
    return JSON.parse(this.read("/var/lib/roost/status.json")) as Record<string, unknown>;
  }

  /** Lets problems look as old as this many minutes. */
  pass(minutes: number): void {
    const path = "/var/lib/roost/health/problems.json";
    const problems = JSON.parse(this.read(path)) as Record<string, { since: number }>;
    for (const problem of Object.values(problems)) problem.since -= minutes * 60;
    this.write(path, JSON.stringify(problems));
  }

  /** Gives a file to the tenant. */
  give(path: string): void {
    chownSync(join(this.root, path), AGENT_UID, AGENT_UID);
    utimesSync(join(this.root, path), new Date(), new Date());
  }

  run(script: string, ...args: string[]): Promise<Result> {
    return this.bash(`exec bash "$REPOSITORY/host/${script}" "$@"`, ...args);
  }

  /** Runs a function of the libraries named in `parts`. */
  library(parts: readonly string[], command: string): Promise<Result> {
    return this.bash(
      ["common", ...parts].map((part) => `. "$REPOSITORY/host/lib/${part}.sh"`).join("\n") + `\n${command}`,
    );
  }

  private bash(command: string, ...args: string[]): Promise<Result> {
    const env = {
      PATH: `${join(import.meta.dirname, "../stand-ins")}:/usr/sbin:/usr/bin:/sbin:/bin`,
      SHLVL: "1",
      STATE: this.state,
      ROOST_ROOT: this.root,
      REPOSITORY,
      NODE: process.execPath,
      ...this.environment,
    };
    return new Promise((done) => {
      execFile("bash", ["-c", command, "test", ...args], { env, timeout: 60_000 }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        done({ code, out, err });
      });
    });
  }
}
