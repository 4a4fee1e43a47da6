import { createServer, type Server } from "node:http";

/** The provider's metadata service: it gives the user data to whoever asks. */
export class Metadata {
  /** As a program in the guest has to ask for it. */
  readonly url = "http://169.254.169.254/v1/user-data";
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(userData: string): Promise<Metadata> {
    const server = createServer((_, response) => response.end(userData));
    await new Promise<void>((listening) => server.listen(80, "169.254.169.254", listening));
    return new Metadata(server);
  }

  async remove(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
