/** What a run measured, for the reader of its output; nothing is compared with it. */
export class Figures {
  readonly #what: string;
  readonly #found: string[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  seconds(name: string, seconds: number): void {
    this.#found.push(`${name} ${seconds.toFixed(1)} s`);
  }

  /** Of each process, in MiB. */
  memory(name: string, processes: readonly number[]): void {
    const total = processes.reduce((sum, size) => sum + size, 0);
    this.#found.push(`memory ${name} ${total} MiB (${processes.join(" + ")})`);
  }

  async time<T>(name: string, action: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    const result = await action();
    this.seconds(name, (performance.now() - begin) / 1000);
    return result;
  }

  print(): void {
    console.log(`${this.#what}: ${this.#found.join(", ")}`);
  }
}
