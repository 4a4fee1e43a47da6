import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A container registry on loopback, as far as pulling and pushing need it; nobody may write below `closed/`. */
export class Registry {
  readonly #server: Server;
  /** By `repository digest` and `repository tag`. */
  readonly #manifests = new Map<string, { readonly type: string; readonly body: Buffer }>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Buffer>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
  }

  static async open(): Promise<Registry> {
    const registry = new Registry();
    await new Promise<void>((resolve) => {
      registry.#server.listen(0, "127.0.0.1", resolve);
    });
    return registry;
  }

  /** Host and port, as they stand in an image's name. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // never a socket's path
  }

  /** The digest of what a tag or a digest names. */
  digestOf(repository: string, reference: string): string | undefined {
    const manifest = this.#manifests.get(`${repository} ${reference}`);
    return manifest === undefined ? undefined : digest(manifest.body);
  }

  /** The manifest that a tag or a digest names. */
  manifest(repository: string, reference: string): unknown {
    return JSON.parse(this.#manifests.get(`${repository} ${reference}`)?.body.toString() ?? "null");
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://registry");
    const [, repository = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(url.pathname) ?? [];
    const reading = request.method === "GET" || request.method === "HEAD";
    const body = await bodyOf(request);
    if (url.pathname === "/v2/") response.writeHead(200).end();
    else if (!reading && repository.startsWith("closed/")) {
      response.writeHead(403, { "content-type": "application/json" });
      response.end('{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}');
    } else if (kind === "blobs/uploads") this.#upload(request.method, url, repository, reference, body, response);
    else if (kind === "manifests" && request.method === "PUT") {
      const manifest = { type: request.headers["content-type"] ?? "", body };
      for (const name of [reference, digest(body)]) this.#manifests.set(`${repository} ${name}`, manifest);
      response.writeHead(201, { "docker-content-digest": digest(body) }).end();
    } else {
      const blob = { type: "application/octet-stream", body: this.#blobs.get(reference) };
      const found = kind === "manifests" ? this.#manifests.get(`${repository} ${reference}`) : blob;
      if (found?.body === undefined || !reading) response.writeHead(404).end();
      else {
        const about = { "content-type": found.type, "docker-content-digest": digest(found.body) };
        response.writeHead(200, { ...about, "content-length": found.body.length });
        response.end(request.method === "HEAD" ? undefined : found.body);
      }
    }
  }

  #upload(
    method: string | undefined,
    { searchParams }: URL,
    repository: string,
    id: string,
    part: Buffer,
    response: ServerResponse,
  ): void {
    const name = method === "POST" ? String(this.#uploads.size + 1) : id;
    const content = Buffer.concat([this.#uploads.get(name) ?? Buffer.alloc(0), part]);
    this.#uploads.set(name, content);
    const location = `/v2/${repository}/blobs/uploads/${name}`;
    if (method !== "PUT") {
      response.writeHead(202, { location, range: `0-${Math.max(content.length - 1, 0)}` }).end();
      return;
    }
    const wanted = searchParams.get("digest");
    if (wanted !== digest(content)) {
      response.writeHead(400).end();
      return;
    }
    this.#blobs.set(wanted, content);
    response.writeHead(201, { location: `/v2/${repository}/blobs/${wanted}` }).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  return Buffer.concat(parts);
}

function digest(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
