import { connect } from "node:net";

/**
 * What a server in the guest says first to a stranger on the public network, or `undefined` when nothing came within
 * the time. QEMU takes every connection itself, so only an answer proves that one got through.
 */
export function greeting(port: number, seconds: number): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    const end = (text: string | undefined) => {
      clearTimeout(limit);
      socket.destroy();
      done(text);
    };
    const limit = setTimeout(() => end(undefined), seconds * 1000);
    socket.once("data", (chunk) => end(chunk.toString("latin1").trim()));
    socket.once("error", () => end(undefined));
    socket.once("close", () => end(undefined));
  });
}
