import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Figures } from "../../agents/support/figures.ts";
import { containerOf } from "./agent.ts";
import { Guest } from "./guest.ts";
import { Metadata } from "./metadata.ts";
import {
  type Memory,
  type RenderedHost,
  type RenderOptions,
  renderHost,
  type StackConfig,
  stackConfig,
} from "./render.ts";
import { Store } from "./store.ts";

/** What a scenario stands on: a store, a rendered host whose files are in it, and the VM that the user data makes. */
export class Lab {
  readonly figures: Figures;
  /** Lives as long as the stack does: over releases and generations. */
  private readonly memory: Memory = new Map();
  private readonly made: { remove(): Promise<void> }[] = [];
  private parts: { store: Store; metadata?: Metadata; host?: RenderedHost; guest?: Guest } | undefined;

  constructor(scenario: string) {
    this.figures = new Figures(`lab ${scenario}`);
  }

  get store(): Store {
    return this.part("store");
  }

  get metadata(): Metadata {
    return this.part("metadata");
  }

  /** What was rendered last. */
  get host(): RenderedHost {
    return this.part("host");
  }

  get guest(): Guest {
    return this.part("guest");
  }

  /** Starts the store and uploads what the config renders. */
  async deploy(config: StackConfig, options: Pick<RenderOptions, "secrets"> = {}): Promise<void> {
    this.parts ??= { store: this.own(await Store.start()) };
    this.parts.host = await renderHost(config, this.store, { ...options, memory: this.memory });
    await this.store.deploy(this.host);
  }

  /** Makes the VM of the rendered user data; the one before it is gone, as when its provider deletes it. */
  async create(): Promise<void> {
    const parts = this.parts;
    if (parts === undefined) throw new Error("nothing is deployed: the user data is unknown");
    await parts.guest?.remove();
    await parts.metadata?.remove();
    parts.metadata = this.own(await Metadata.start(this.host.userData));
    parts.guest = this.own(await this.figures.time("user data applied", () => Guest.create(this.host.userData)));
  }

  /** Turns the power on and waits for the network. */
  async boot(): Promise<void> {
    this.figures.seconds("power-on to first command", await this.guest.start());
    await this.guest.waitFor("systemctl is-active network-online.target");
  }

  /** Saves store and VM to a folder and ends them. */
  async freeze(folder: string): Promise<void> {
    await this.guest.freeze(join(folder, "vm"));
    await this.store.save(join(folder, "store"));
    await this.end();
  }

  /** Goes on where a frozen lab with the same config was. */
  async thaw(folder: string, config: StackConfig): Promise<void> {
    const store = this.own(await Store.from(join(folder, "store")));
    const host = await renderHost(config, store, { memory: this.memory });
    const metadata = this.own(await Metadata.start(host.userData));
    const guest = this.own(await this.figures.time("thaw", () => Guest.thaw(join(folder, "vm"))));
    this.parts = { store, host, metadata, guest };
  }

  /** Ends and deletes whatever was made, also after a failure half-way. */
  async end(): Promise<void> {
    if (this.made.length > 0) this.figures.print();
    const parts = this.made.splice(0);
    const ended = await Promise.allSettled(parts.toReversed().map((part) => part.remove()));
    const failed = ended.filter((result) => result.status === "rejected");
    if (failed.length > 0) throw new AggregateError(failed.map(({ reason }) => reason));
  }

  private part<Name extends "store" | "metadata" | "host" | "guest">(name: Name) {
    const part = this.parts?.[name];
    if (part === undefined) throw new Error(`the lab has no ${name} yet`);
    return part as NonNullable<NonNullable<typeof this.parts>[Name]>;
  }

  private own<Part extends { remove(): Promise<void> }>(part: Part): Part {
    this.made.push(part);
    return part;
  }
}

/** A lab for the tests of a file: `prepare` runs before them, and nothing is left after them. */
export function useLab(scenario: string, prepare: (lab: Lab) => Promise<void>): Lab {
  const lab = new Lab(scenario);
  beforeAll(() => prepare(lab));
  afterAll(() => lab.end());
  return lab;
}

/** A host of a stack file with all agents running; one boot serves every scenario of a run. */
export async function runningStack(lab: Lab, stack: string): Promise<void> {
  const folder = join(tmpdir(), `running-${stack}`);
  const config = stackConfig(stack);
  if (!existsSync(join(folder, "store"))) {
    const first = new Lab("host for the scenarios");
    try {
      await bootStack(first, stack);
      await first.figures.time("agents running", () => agentsRunning(first));
      await first.freeze(folder);
    } finally {
      await first.end();
    }
  }
  await lab.thaw(folder, config);
}

/** Waits until every agent of the rendered host is healthy; fails with what the host says of itself. */
export async function agentsRunning(lab: Lab, seconds = 600): Promise<void> {
  const names = lab.host.workloads.map(containerOf).join(" ");
  const healthy = `for name in ${names}; do
    test "$(podman inspect --format '{{.State.Health.Status}}' $name)" = healthy || exit
  done`;
  try {
    await lab.guest.waitFor(healthy, { seconds, every: 5 });
  } catch (error) {
    const { stdout } = await lab.guest.run(DIAGNOSIS);
    throw new Error(`${String(error)}\n${stdout}`, { cause: error });
  }
}

const DIAGNOSIS = `
  jq . /var/lib/roost/status.json
  systemctl list-units --failed --no-legend
  systemctl list-jobs --no-legend
  podman ps --all
  journalctl --no-pager --output=cat --lines=60 --unit='roost-*' --unit='nanobot*'`;

/** Boots the host of a stack file. */
export async function bootStack(lab: Lab, stack: string): Promise<void> {
  await lab.deploy(stackConfig(stack));
  await lab.create();
  await lab.boot();
}
