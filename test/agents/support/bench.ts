import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call as ModelCall } from "../fakes/fake-model.ts";
import { Container, type Image } from "./container.ts";
import { MODEL } from "./fakes.ts";
import { type Fake, Network } from "./network.ts";
import type { RenderedContainer } from "./rendered.ts";

/** What stands on a bench. */
export interface BenchParts {
  readonly rendered: RenderedContainer;
  readonly image: Image;
  readonly fakes: readonly Fake[];
}

/** An agent in its container and the fakes it talks to, in a network and a folder that go with it. */
export class Bench {
  readonly container: Container;
  readonly network: Network;
  readonly #folder: string;

  private constructor(folder: string, network: Network, container: Container) {
    this.#folder = folder;
    this.network = network;
    this.container = container;
  }

  /** Lays everything out and starts the fakes; the agent is not started. */
  static async open(parts: (folder: string) => Promise<BenchParts>): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), "roost-agents-"));
    const { rendered, image, fakes } = await parts(folder);
    const network = await Network.open(join(folder, "network"), fakes);
    return new Bench(folder, network, new Container(join(folder, "container"), rendered, image, network));
  }

  /** What the model service was asked so far. */
  modelCalls(): Promise<ModelCall[]> {
    return this.network.ask(MODEL, "/_ctl/calls");
  }

  /** Which secrets of the container a text holds, by their place in the list, so that no failure prints one. */
  secretsIn(text: string): number[] {
    return this.container.rendered.secrets.flatMap(({ value }, index) => (text.includes(value) ? [index] : []));
  }

  /** Ends everything and removes what it left. */
  close(): void {
    this.container.kill();
    this.network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
