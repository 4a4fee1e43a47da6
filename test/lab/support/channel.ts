import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The machine's end of the control channel; the guest's, and what a line looks like, is in `build/channel`. */
export class Channel {
  private readonly socket: Socket;
  private readonly waiting = new Map<string, (outcome: Outcome) => void>();
  private pending = "";
  private count = 0;
  /** The guest runs one script at a time. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => this.receive(chunk));
    // A VM that ends takes the channel with it; whoever waits is told by its time limit.
    socket.on("error", () => socket.destroy());
  }

  static async open(path: string): Promise<Channel> {
    const socket = connect(path);
    await new Promise<void>((opened, failed) => socket.once("connect", opened).once("error", failed));
    return new Channel(socket);
  }

  /** Whether the guest runs a command within the time. */
  async answers(seconds: number): Promise<boolean> {
    const deadline = performance.now() + seconds * 1000;
    const guest = { answered: false };
    const note = (outcome: Outcome | undefined): void => {
      if (outcome?.status === 0) guest.answered = true;
    };
    // What is written before the guest opens its port may be lost, and a slow guest answers an early one late.
    while (!guest.answered && performance.now() < deadline && !this.socket.destroyed) {
      void this.ask("true", 5, deadline - performance.now()).then(note);
      for (let waited = 0; waited < 3000 && !guest.answered; waited += 100) await pause(100);
    }
    return guest.answered;
  }

  async run(script: string, seconds: number): Promise<Outcome> {
    const turn = this.last.then(() => this.ask(script, seconds, (seconds + 30) * 1000));
    this.last = turn;
    const outcome = await turn;
    if (outcome === undefined) throw new Error(`the guest did not answer within ${seconds + 30} s: ${script}`);
    return outcome;
  }

  close(): void {
    this.socket.destroy();
  }

  private async ask(script: string, seconds: number, limit: number): Promise<Outcome | undefined> {
    const id = `r${process.pid}-${(this.count += 1)}`;
    const answered = new Promise<Outcome>((done) => this.waiting.set(id, done));
    // The first newline ends what an earlier, cut connection left in the port.
    this.socket.write(`\n${id} ${seconds} ${Buffer.from(script).toString("base64")}\n`);
    const stop = new AbortController();
    const late = pause(limit, undefined, { signal: stop.signal }).catch(() => undefined);
    const outcome = await Promise.race([answered, late]);
    stop.abort();
    this.waiting.delete(id);
    return outcome ?? undefined;
  }

  private receive(chunk: string): void {
    const lines = (this.pending + chunk).split("\n");
    this.pending = lines.pop() ?? "";
    for (const line of lines) {
      const [id = "", status = "", stdout = "", stderr = ""] = line.split(" ");
      this.waiting.get(id)?.({ status: Number(status), stdout: decode(stdout), stderr: decode(stderr) });
    }
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
