import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { applyIgnition } from "../../conformance/apply-ignition.ts";
import { Channel, type Outcome } from "./channel.ts";
import { monitor } from "./monitor.ts";

const run = promisify(execFile);
const QEMU = join(import.meta.dirname, "qemu.sh");

/** What a command did in the guest; `status` 124: it was still running when its time was up. */
export type { Outcome } from "./channel.ts";

export interface WaitOptions {
  /** @default 180 */
  readonly seconds?: number;
  /** Between two looks. @default 2 */
  readonly every?: number;
}

/** The folder that `build/guest.sh` made; `test/lab/run.sh` names it in the environment. */
export function guestFolder(): string {
  const folder = process.env["ROOST_LAB_GUEST"];
  if (folder === undefined) throw new Error("ROOST_LAB_GUEST names no guest: start the lab with npm run test:lab");
  return folder;
}

/** Reference of the stand-in agent's image, which every guest has. */
export function agentImage(): string {
  return readFileSync(join(guestFolder(), "image"), "utf8").trim();
}

/** A VM with a disk of its own. It stays on disk from power cut to power-on, until `remove`. */
export class Guest {
  readonly folder: string;
  private qemu: ChildProcess | undefined;
  private channel: Channel | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a VM: a copy of the guest's disk, to which the real engine has applied an Ignition config, as a first boot does. */
  static async create(ignition: string): Promise<Guest> {
    const guest = await Guest.withDisk(guestFolder());
    const root = join(guest.folder, "root");
    const config = join(guest.folder, "config.ign");
    mkdirSync(root);
    writeFileSync(config, ignition, { mode: 0o600 });
    await run("mount", ["-o", "loop,noatime", guest.disk, root]);
    try {
      await applyIgnition(config, root);
    } finally {
      await run("umount", [root]);
    }
    return guest;
  }

  /** Makes a VM that goes on where a frozen one was; its clock is the machine's. */
  static async thaw(frozen: string): Promise<Guest> {
    const guest = await Guest.withDisk(frozen);
    await guest.launch(["-incoming", `file:${join(frozen, "memory")}`]);
    await guest.monitor("cont");
    await guest.connect(120);
    await guest.output(`date --set=@${Math.round(Date.now() / 1000)}`);
    return guest;
  }

  /** A VM that is off, with a copy of a folder's `disk.ext4`. */
  private static async withDisk(from: string): Promise<Guest> {
    // Short: a socket's path has at most 107 characters.
    const guest = new Guest(await mkdtemp(join(tmpdir(), "vm-")));
    // The engine writes a user's keys as that user, who has to get through this folder.
    chmodSync(guest.folder, 0o711);
    await run("cp", ["--sparse=always", "--reflink=auto", join(from, "disk.ext4"), guest.disk]);
    return guest;
  }

  private get disk(): string {
    return join(this.folder, "disk.ext4");
  }

  get running(): boolean {
    return this.qemu !== undefined && this.qemu.exitCode === null && this.qemu.signalCode === null;
  }

  /** Turns the power on; resolves when a command could run, long before the host is ready. Gives the seconds it took. */
  async start(options: { readonly kernel?: string } = {}): Promise<number> {
    const began = performance.now();
    await this.launch([], options.kernel);
    await this.connect(480);
    return (performance.now() - began) / 1000;
  }

  /** Saves the running VM's memory and disk to a folder and ends it. */
  async freeze(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    await this.monitor("stop");
    await this.monitor(`migrate -d file:${join(folder, "memory")}`);
    for (;;) {
      const state = /^Status:\s+(\w+)|Migration status: (\w+)/m.exec(await this.monitor("info migrate"));
      const status = state?.[1] ?? state?.[2] ?? "";
      if (status === "completed") break;
      if (status === "failed" || status === "cancelled") throw new Error(`the VM could not be frozen: ${status}`);
      await pause(200);
    }
    await this.cutPower();
    await run("cp", ["--sparse=always", "--reflink=auto", this.disk, join(folder, "disk.ext4")]);
  }

  private monitor(command: string): Promise<string> {
    return monitor(join(this.folder, "monitor"), command);
  }

  private async launch(options: readonly string[], kernel = ""): Promise<void> {
    if (this.running) throw new Error("the VM runs already");
    for (const socket of ["channel", "monitor"]) rmSync(join(this.folder, socket), { force: true });
    const socket = (name: string) => `path=${join(this.folder, name)},server=on,wait=off`;
    const cmdline = [
      "console=ttyS0 root=/dev/vda panic=-1 quiet loglevel=3 net.ifnames=0",
      "mitigations=off apparmor=0 audit=0 nowatchdog random.trust_cpu=on",
      kernel,
    ];
    const args = [
      ...["-m", "3072", "-kernel", join(guestFolder(), "vmlinuz"), "-initrd", join(guestFolder(), "initrd")],
      ...["-append", cmdline.join(" ").trim(), "-serial", `file:${join(this.folder, "console.log")}`],
      ...["-drive", `file=${this.disk},if=virtio,format=raw,cache=unsafe,discard=unmap`],
      ...["-netdev", "user,id=n0,hostfwd=tcp:127.0.0.1:2222-:22", "-device", "virtio-net-pci,netdev=n0"],
      ...["-device", "virtio-serial-pci", "-chardev", `socket,id=c0,${socket("channel")}`],
      ...["-device", "virtserialport,chardev=c0,name=lab.channel"],
      ...["-chardev", `socket,id=m0,${socket("monitor")}`, "-mon", "chardev=m0"],
      ...options,
    ];
    const log = openSync(join(this.folder, "qemu.log"), "a");
    this.qemu = spawn("bash", [QEMU, "qemu-system-x86_64", ...args], { stdio: ["ignore", log, log] });
    while (!existsSync(join(this.folder, "channel")) || !existsSync(join(this.folder, "monitor"))) {
      if (!this.running) throw new Error(`QEMU did not start: ${readFileSync(join(this.folder, "qemu.log"), "utf8")}`);
      await pause(100);
    }
  }

  private async connect(seconds: number): Promise<void> {
    this.channel = await Channel.open(join(this.folder, "channel"));
    if (!(await this.channel.answers(seconds))) throw new Error(`the VM did not boot:\n${this.console()}`);
  }

  /** Runs a script by bash as root; the answer comes whatever its status. */
  async run(script: string, seconds = 120): Promise<Outcome> {
    if (this.channel === undefined) throw new Error("the VM is off");
    return this.channel.run(script, seconds);
  }

  /** What a script that must succeed prints, without the last newline. */
  async output(script: string, seconds = 120): Promise<string> {
    const { status, stdout, stderr } = await this.run(script, seconds);
    if (status !== 0) throw new Error(`status ${status} of: ${script}\n${stdout}${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  /** Writes a file. */
  async put(path: string, content: string, mode = 0o644): Promise<void> {
    const base64 = Buffer.from(content).toString("base64");
    await this.output(
      `mkdir -p "$(dirname '${path}')" && base64 -d >'${path}' <<<'${base64}' && chmod ${mode.toString(8)} '${path}'`,
    );
  }

  /** Waits until a script succeeds and gives what it printed; fails with its last words. */
  async waitFor(script: string, { seconds = 180, every = 2 }: WaitOptions = {}): Promise<string> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const { status, stdout, stderr } = await this.run(script);
      if (status === 0) return stdout.replace(/\n$/, "");
      if (performance.now() > deadline) {
        throw new Error(`still status ${status} after ${seconds} s: ${script}\n${stdout}${stderr}`);
      }
      await pause(every * 1000);
    }
  }

  /** Orderly power-off; gives the seconds it took. */
  async powerOff(seconds = 240): Promise<number> {
    const began = performance.now();
    await this.run("systemctl --no-block poweroff");
    await this.gone(seconds);
    return (performance.now() - began) / 1000;
  }

  /** A power cut: what the guest had not yet written is lost. */
  async cutPower(): Promise<void> {
    this.qemu?.kill("SIGKILL");
    await this.gone(30);
  }

  /** Ends the VM and deletes its disk. */
  async remove(): Promise<void> {
    if (this.running) await this.cutPower();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The end of what the guest wrote to its console. */
  console(): string {
    const file = join(this.folder, "console.log");
    return existsSync(file) ? readFileSync(file, "utf8").slice(-4000) : "";
  }

  private async gone(seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (this.running) {
      if (performance.now() > deadline) throw new Error(`the VM did not end within ${seconds} s:\n${this.console()}`);
      await pause(200);
    }
    this.channel?.close();
    this.channel = undefined;
    this.qemu = undefined;
  }
}
