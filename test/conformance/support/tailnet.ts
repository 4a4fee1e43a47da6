import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Secret } from "../../../agents/secret.ts";
import type { TailnetApi } from "../../../components/tailnet/devices.ts";
import { oracle, run } from "./host-tree.ts";

/** A node as headscale lists it, as far as it is read here. */
interface ListedNode {
  readonly id: string;
  /** As the machine calls itself. */
  readonly name: string;
  /** As the tailnet calls it, unique. */
  readonly givenName: string;
  readonly tags: readonly string[];
  readonly online: boolean;
  readonly lastSeen: string | null;
  readonly ipAddresses: readonly string[];
}

/** Longest wait for a program on this machine, in milliseconds. */
const PATIENCE_MS = 120_000;

/**
 * A tailnet of headscale and Tailscale's own daemon, on loopback, with the two calls of Tailscale's API that remove
 * devices translated into headscale's: https://tailscale.com/api, https://headscale.net
 */
export class Tailnet {
  readonly #folder: string;
  readonly #url: string;
  readonly #apiKey: string;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #translation: Server;

  private constructor(folder: string, url: string, apiKey: string, headscale: ChildProcess) {
    this.#folder = folder;
    this.#url = url;
    this.#apiKey = apiKey;
    this.#processes.set("headscale", headscale);
    this.#translation = createServer((request, response) => {
      void this.#translate(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
  }

  /** Starts it in an empty folder; `tags` are those that its keys may carry. */
  static async start(folder: string, tags: readonly string[]): Promise<Tailnet> {
    const program = join(oracle("headscale-0.29.0", "headscale.sh"), "headscale");
    const [port, grpc, stun] = [await freePort(), await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const config = join(folder, "config.yaml");
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policy(tags)));
    writeFileSync(config, configuration(folder, { port, grpc, stun }));
    const headscale = spawn(program, ["-c", config, "serve"], { stdio: "ignore" });
    await until(async () => (await fetch(`${url}/health`)).ok);
    const said = (...args: string[]) => run(program, ["-c", config, ...args]);
    said("users", "create", "lab");
    const { stdout } = said("apikeys", "create", "--expiration", "1h");
    const tailnet = new Tailnet(folder, url, stdout.trim().split("\n").at(-1) ?? "", headscale);
    await new Promise<void>((resolve) => tailnet.#translation.listen(0, "127.0.0.1", resolve));
    return tailnet;
  }

  async stop(): Promise<void> {
    this.#translation.close();
    this.#translation.closeAllConnections();
    await Promise.all([...this.#processes.keys()].map((name) => this.leave(name)));
  }

  /** What `components/tailnet` talks to. */
  api(): TailnetApi {
    const { port } = this.#translation.address() as AddressInfo; // it listens on TCP
    return { url: `http://127.0.0.1:${port}`, tailnet: "-", credential: { apiKey: new Secret(this.#apiKey) } };
  }

  /** A machine with this hostname and an empty disk joins with a one-off key of its own. */
  async join(machine: string, hostname: string, tag: string): Promise<void> {
    const folder = join(this.#folder, machine);
    const bin = oracle("tailscale-1.100.0", "tailscaled.sh");
    mkdirSync(folder);
    const socket = join(folder, "socket");
    const daemon = spawn(
      join(bin, "tailscaled"),
      [
        ...["--tun=userspace-networking", "--no-logs-no-support", "--port=0"],
        ...[`--statedir=${folder}`, `--socket=${socket}`],
      ],
      // headscale's relay speaks plain HTTP here; and nothing is written outside the folder.
      { stdio: "ignore", env: { ...process.env, TS_DEBUG_USE_DERP_HTTP: "1", TS_LOGS_DIR: folder } },
    );
    this.#processes.set(machine, daemon);
    const tailscale = (...args: string[]) => run(join(bin, "tailscale"), [`--socket=${socket}`, ...args]);
    await until(async () => tailscale("status", "--json").status === 0);
    const key = await this.key(tag);
    const { status, stderr } = tailscale(
      "up",
      `--login-server=${this.#url}`,
      `--auth-key=${key}`,
      `--hostname=${hostname}`,
      "--accept-dns=false",
      "--timeout=60s",
    );
    if (status !== 0) throw new Error(`${machine} did not join: ${stderr}`);
  }

  /** The machine is gone, as a deleted VM is. */
  async leave(machine: string): Promise<void> {
    const process = this.#processes.get(machine);
    this.#processes.delete(machine);
    if (process === undefined || process.exitCode !== null) return;
    const gone = new Promise((resolve) => {
      process.once("close", resolve);
    });
    process.kill("SIGKILL");
    await gone;
  }

  async nodes(): Promise<readonly ListedNode[]> {
    const { body } = await this.#headscale("GET", "node");
    return (body as { nodes: ListedNode[] }).nodes; // as headscale's API says
  }

  /** A one-off, pre-authorised key that is not ephemeral, as `TailnetKey` makes them. */
  private async key(tag: string): Promise<string> {
    const { status, body } = await this.#headscale("POST", "preauthkey", {
      user: "1",
      aclTags: [tag],
      reusable: false,
      ephemeral: false,
      expiration: new Date(Date.now() + 3_600_000).toISOString(),
    });
    if (status !== 200) throw new Error(`headscale made no key: ${JSON.stringify(body)}`);
    return (body as { preAuthKey: { key: string } }).preAuthKey.key; // as headscale's API says
  }

  async #headscale(method: string, path: string, body?: object, token = this.#apiKey) {
    const response = await fetch(`${this.#url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as object) : { message: text } };
  }

  async #translate({ method, url, headers }: IncomingMessage): Promise<{ status: number; body: object | null }> {
    const token = headers.authorization?.replace("Bearer ", "");
    if (method === "GET" && url === "/api/v2/tailnet/-/devices") {
      const { status, body } = await this.#headscale("GET", "node", undefined, token);
      if (status !== 200) return { status, body };
      return { status, body: { devices: (body as { nodes: ListedNode[] }).nodes.map(deviceOf) } }; // as above
    }
    const [, id] = /^\/api\/v2\/device\/(\w+)$/.exec(url ?? "") ?? [];
    if (method !== "DELETE" || id === undefined) return { status: 404, body: { message: "404 page not found" } };
    const { status, body } = await this.#headscale("DELETE", `node/${id}`, undefined, token);
    return { status, body: status === 200 ? null : body };
  }
}

/** As Tailscale lists it: `lastSeen` only while it is not connected. */
function deviceOf({ id, name, givenName, tags, online, lastSeen, ipAddresses }: ListedNode): object {
  return {
    id,
    nodeId: id,
    hostname: name,
    name: `${givenName}.lab.test`,
    tags,
    addresses: ipAddresses,
    connectedToControl: online,
    ...(online || lastSeen === null ? {} : { lastSeen }),
  };
}

function policy(tags: readonly string[]): object {
  return {
    tagOwners: Object.fromEntries(tags.map((tag) => [tag, ["lab@"]])),
    grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
  };
}

interface Ports {
  readonly port: number;
  readonly grpc: number;
  readonly stun: number;
}

function configuration(folder: string, { port, grpc, stun }: Ports): string {
  return JSON.stringify({
    server_url: `http://127.0.0.1:${port}`,
    listen_addr: `127.0.0.1:${port}`,
    metrics_listen_addr: "",
    grpc_listen_addr: `127.0.0.1:${grpc}`,
    unix_socket: join(folder, "headscale.sock"),
    noise: { private_key_path: join(folder, "noise.key") },
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48" },
    database: { type: "sqlite", sqlite: { path: join(folder, "db.sqlite") } },
    derp: {
      // It refuses to run without a relay.
      server: {
        enabled: true,
        region_id: 999,
        region_code: "lab",
        region_name: "lab",
        verify_clients: true,
        private_key_path: join(folder, "derp.key"),
        stun_listen_addr: `127.0.0.1:${stun}`,
        automatically_add_embedded_derp_region: true,
        ipv4: "127.0.0.1",
      },
      urls: [],
      auto_update_enabled: false,
    },
    disable_check_updates: true,
    dns: { magic_dns: false, base_domain: "lab.test", override_local_dns: false },
    policy: { mode: "file", path: join(folder, "policy.json") },
    log: { level: "warn" },
  });
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something holds; a failed look counts as no. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain`);
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await sleep(200);
  }
}
