import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

/** A server that keeps what it is asked and answers what the test says. */
export class Web {
  readonly requests: Request[] = [];
  #server = createServer(
    (incoming, outgoing) =>
      void this.answer(incoming).then(({ code, body, headers }) => {
        outgoing.writeHead(code, { "content-type": "application/json", ...headers }).end(body);
      }),
  );
  private readonly reply: (request: Request) => Answer;

  constructor(reply: (request: Request) => Answer) {
    this.reply = reply;
    onTestFinished(() => void this.#server.close());
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => void this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  private async answer(incoming: IncomingMessage): Promise<Answer> {
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", body: await text(incoming) };
    this.requests.push(request);
    return this.reply(request);
  }
}
