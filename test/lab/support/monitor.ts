import { connect } from "node:net";

/** Gives QEMU's monitor a command and resolves with what it said to it. */
export function monitor(socketPath: string, command: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connect(socketPath);
    let said = "";
    let asked = false;
    socket.setEncoding("latin1");
    socket.on("error", failed);
    socket.on("data", (chunk: string) => {
      said += chunk;
      if (!said.endsWith("(qemu) ")) return;
      if (asked) {
        socket.destroy();
        done(said);
        return;
      }
      asked = true;
      said = "";
      socket.write(`${command}\n`);
    });
    // `quit` is not answered.
    socket.on("close", () => done(said));
  });
}
