import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Values } from "./table.ts";

/** One live resource of a stand-in service. */
export interface Live {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly outputs: Values;
}

/** A failure that the next matching operation meets; it is used up by it. */
export interface Fault {
  /** Such as `create host-vm`. */
  readonly operation: string;
  readonly message: string;
}

/** Longer than any test. */
const FOR_EVER_MS = 3_600_000;
const LOOK_EVERY_MS = 20;

/** What all stand-ins share: a folder with the live resources, what was done to them, and what the test wants of them. */
export class Cloud {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, "live"), { recursive: true });
  }

  /** Every operation so far, one line each. */
  log(): string[] {
    const file = join(this.folder, "operations.log");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  note(operation: string): void {
    appendFileSync(join(this.folder, "operations.log"), `${operation}\n`);
  }

  clearLog(): void {
    rmSync(join(this.folder, "operations.log"), { force: true });
  }

  live(): Live[] {
    return readdirSync(join(this.folder, "live")).flatMap((id) => this.find(id) ?? []);
  }

  find(id: string): Live | undefined {
    try {
      return JSON.parse(readFileSync(this.#path(id), "utf8")) as Live; // `put` wrote it
    } catch (error) {
      // Another plugin may have removed it in this moment.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  put(live: Live): void {
    // Whole or not at all: another plugin may read it in this moment.
    const draft = join(this.folder, `draft-${live.id}`);
    writeFileSync(draft, JSON.stringify(live));
    renameSync(draft, this.#path(live.id));
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** A number that no resource had before; plugins are processes of their own. */
  serial(): number {
    for (let next = 1; ; next += 1) {
      try {
        mkdirSync(join(this.folder, `serial-${next}`));
        return next;
      } catch {
        // Somebody else has it.
      }
    }
  }

  /** What the test wants: `vaults`, `keySeconds`. */
  settings(): Values {
    const file = join(this.folder, "settings.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Values) : {}; // `set` wrote it
  }

  set(values: Values): void {
    writeFileSync(join(this.folder, "settings.json"), JSON.stringify({ ...this.settings(), ...values }));
  }

  /** Throws when the test wants this operation to fail. */
  meetFault(operation: string): void {
    const faults = (this.settings()["faults"] ?? []) as readonly Fault[]; // the test wrote it
    const fault = faults.find((one) => one.operation === operation);
    if (fault === undefined) return;
    this.set({ faults: faults.filter((one) => one !== fault) });
    throw new Error(fault.message);
  }

  /** The next operation of that name stops here, `before create host-vm` or `after` it, for good. */
  holdAt(point: string): void {
    this.set({ hold: point });
  }

  /** Waits for ever where the test wants it. */
  async meetHold(point: string): Promise<void> {
    if (this.settings()["hold"] !== point) return;
    writeFileSync(this.#held(), "");
    await new Promise((resolve) => setTimeout(resolve, FOR_EVER_MS));
  }

  /** Resolves when an operation has been stopped, and lets the next ones pass. */
  async held(): Promise<void> {
    while (!existsSync(this.#held())) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    rmSync(this.#held());
    this.set({ hold: undefined });
  }

  #held(): string {
    return join(this.folder, "held");
  }

  #path(id: string): string {
    return join(this.folder, "live", id);
  }
}
