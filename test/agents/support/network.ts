import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { until } from "./until.ts";

/** Any public address will do, seen by no other network: agents refuse to fetch from private ones. */
const WORLD = "1.1.1.1";

const FAKES = join(import.meta.dirname, "../fakes");
const here = (file: string): string => join(import.meta.dirname, file);

/** A fake service: the program, its port and arguments, and the names it goes by. */
export interface Fake {
  readonly program: string;
  readonly port: number;
  readonly names: readonly string[];
  readonly args?: readonly string[];
}

/** A network of loopback alone, in which the fakes stand for the world. */
export class Network {
  readonly folder: string;
  readonly #processes: ChildProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The authority that signed the fakes' certificate. */
  get authority(): string {
    return join(this.folder, "authority.pem");
  }

  /** The network namespace's file, for `nsenter --net=`. */
  get namespace(): string {
    return `/proc/${this.#processes[0]?.pid}/ns/net`;
  }

  static async open(folder: string, fakes: readonly Fake[]): Promise<Network> {
    mkdirSync(folder, { recursive: true });
    const network = new Network(folder);
    const names = fakes.flatMap((fake) => fake.names.map((name) => ({ name, port: fake.port })));
    execFileSync("bash", [here("certificate.sh"), folder, ...names.map(({ name }) => name)], { stdio: "pipe" });
    const routes = names.map(({ name, port }) => `${name}=${port}`);
    const front = [process.execPath, join(FAKES, "front.ts"), folder, WORLD, ...routes];
    network.#start("front", ["bash", here("network.sh"), WORLD, ...front]);
    await until("the test's network", 20, () => existsSync(join(folder, "asked")) && network.#isReady(fakes[0]?.port));
    for (const { program, port, args = [] } of fakes) {
      const command = [process.execPath, resolve(FAKES, program), "--port", String(port), ...args];
      network.#start(`fake-${port}`, ["nsenter", `--net=${network.namespace}`, "--", ...command]);
    }
    await Promise.all(fakes.map(({ program, port }) => until(program, 20, () => network.#answers(port))));
    return network;
  }

  /** Asks a fake on its control path; the answer is JSON. */
  async ask<T>(port: number, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.#request(port, path, body);
    if (status !== 200) throw new Error(`${path} of the fake on ${port} answered ${status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T; // the fake's own form
  }

  /** Names that were asked for so far, known ones and others. */
  asked(): string[] {
    return readFileSync(join(this.folder, "asked"), "utf8")
      .split("\n")
      .filter((name) => name !== "");
  }

  close(): void {
    for (const process of this.#processes) process.kill("SIGKILL");
  }

  #start(name: string, command: readonly string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), "a");
    // Nothing of a test that is killed stays behind.
    const args = ["--pdeathsig", "KILL", "--", ...command];
    this.#processes.push(spawn("setpriv", args, { stdio: ["ignore", log, log] }));
    closeSync(log);
  }

  #isReady(port = 0): boolean {
    return existsSync(join(this.folder, `${port}.sock`));
  }

  async #answers(port: number): Promise<boolean> {
    try {
      await this.#request(port, "/_ctl/calls");
      return true;
    } catch {
      return false;
    }
  }

  #request(port: number, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    return new Promise((done, reject) => {
      const call = request(
        {
          socketPath: join(this.folder, `${port}.sock`),
          path,
          method: body === undefined ? "GET" : "POST",
          agent: false,
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => {
            text += part;
          });
          answer.on("end", () => done({ status: answer.statusCode ?? 0, text }));
          answer.on("error", reject);
        },
      );
      call.on("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
