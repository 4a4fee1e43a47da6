import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { oracle } from "../../conformance/support/host-tree.ts";
import type { RenderedHost, RenderedKey } from "./render.ts";

const PORT = 7070;
const REGION = "us-east-1";
/** The store as the machine reaches it. */
export const LOCAL_ENDPOINT = `http://127.0.0.1:${PORT}`;
/** Who may do anything: the operator, not a host. */
export const ADMIN = { id: "operator", secret: "operator-secret" };

/** What B2's capabilities are in S3: with `writeFiles` alone a key deletes by name, which hides, and ends no version. */
const ACTIONS: Readonly<Record<string, { readonly bucket: readonly string[]; readonly objects: readonly string[] }>> = {
  listAllBucketNames: { bucket: [], objects: [] },
  listBuckets: { bucket: ["GetBucketLocation"], objects: [] },
  // b2_list_file_versions asks for no other capability.
  listFiles: { bucket: ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"], objects: [] },
  readFiles: { bucket: [], objects: ["GetObject"] },
  writeFiles: { bucket: [], objects: ["PutObject", "DeleteObject", "AbortMultipartUpload"] },
};

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** A request's HTTP status and body. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** A real S3 server beside the guest, with the users, policies and versions that a bucket of B2 has. */
export class Store {
  /** Where the guest finds it. */
  readonly guestEndpoint = `http://10.0.2.2:${PORT}`;
  private readonly folder = mkdtempSync(join(tmpdir(), "store-"));
  private statements: unknown[] = [];
  private server: ChildProcess | undefined;
  private notFound: Server | undefined;
  bucket = "";

  static async start(): Promise<Store> {
    const store = new Store();
    for (const name of ["data", "versions", "users"]) mkdirSync(join(store.folder, name));
    await store.resume();
    return store;
  }

  /** A store that holds what another one held when it was saved. */
  static async from(saved: string): Promise<Store> {
    const store = new Store();
    // What an object is lies in extended attributes.
    await promisedExec("cp", ["-a", ...["data", "versions", "users"].map((name) => join(saved, name)), store.folder]);
    const known: { bucket: string; statements: unknown[] } = JSON.parse(
      readFileSync(join(saved, "known.json"), "utf8"),
    );
    store.bucket = known.bucket;
    store.statements = known.statements;
    await store.resume();
    return store;
  }

  /** Copies all it holds to a folder. */
  async save(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const parts = ["data", "versions", "users"].map((name) => join(this.folder, name));
    await promisedExec("cp", ["-a", ...parts, folder]);
    writeFileSync(join(folder, "known.json"), JSON.stringify({ bucket: this.bucket, statements: this.statements }));
  }

  /** Starts the server, also after `stop`: what it holds is still there. */
  async resume(): Promise<void> {
    await this.stop();
    const at = (name: string) => join(this.folder, name);
    const log = openSync(at("log"), "a");
    const args = ["--port", `127.0.0.1:${PORT}`, "--region", REGION, "--iam-dir", at("users")];
    const backend = ["posix", "--versioning-dir", at("versions"), at("data")];
    this.server = spawn(versitygw(), [...args, ...backend], {
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], ROOT_ACCESS_KEY: ADMIN.id, ROOT_SECRET_KEY: ADMIN.secret },
    });
    for (let tries = 0; (await this.request("GET", "/").catch(() => undefined))?.status !== 200; tries += 1) {
      if (tries > 100 || this.server.exitCode !== null) throw new Error(`the store did not start, see ${at("log")}`);
      await pause(100);
    }
  }

  /** Instead of the server one that answers 404 to everything, as a wrong endpoint or a lost bucket does. */
  async answerNotFound(): Promise<void> {
    await this.stop();
    const server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((listening) => server.listen(PORT, "127.0.0.1", listening));
    this.notFound = server;
  }

  /** Takes the server away, as an outage does. */
  async stop(): Promise<void> {
    const { notFound } = this;
    if (notFound !== undefined) {
      this.notFound = undefined;
      notFound.closeAllConnections();
      await new Promise((closed) => notFound.close(closed));
    }
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    const ended = new Promise((done) => server.once("exit", done));
    // False when it has ended by itself.
    if (server.exitCode === null && server.kill("SIGKILL")) await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes a host's bucket and keys, where they are not there yet, and uploads what the program uploads. */
  async deploy(host: RenderedHost): Promise<void> {
    if (this.bucket === "") {
      this.bucket = host.bucket;
      await this.must("PUT", `/${host.bucket}`);
      const versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
      await this.must("PUT", `/${host.bucket}?versioning=`, { body: versioning });
    }
    for (const key of host.keys) await this.addKey(key);
    for (const { name, content } of host.files) await this.put(name, content);
  }

  /** Writes an object as the operator. */
  async put(name: string, content: Buffer | string): Promise<void> {
    await this.must("PUT", `/${this.bucket}/${name}`, { body: content });
  }

  /** Reads an object as the operator. */
  async get(name: string): Promise<Buffer> {
    return (await this.must("GET", `/${this.bucket}/${name}`)).body;
  }

  /** Names of the objects below a prefix that are not hidden. */
  async list(prefix: string): Promise<string[]> {
    const query = `list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}`;
    const { body } = await this.must("GET", `/${this.bucket}?${query}`);
    return [...body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, name = ""]) => name);
  }

  /** Every version of the object with this name, or of those below it, newest first, hidden or not, as the operator reads it. */
  async versions(prefix: string): Promise<string[]> {
    const found = await this.listVersions(prefix);
    const answers = found.map(({ key, id }) => this.must("GET", `/${this.bucket}/${key}?versionId=${id}`));
    return (await Promise.all(answers)).map(({ body }) => body.toString());
  }

  async versionIds(prefix: string): Promise<string[]> {
    return (await this.listVersions(prefix)).map(({ id }) => id);
  }

  /** A request in the bucket as any key; `path` begins after the bucket, such as `/name` or `?versions=`. */
  as(key: Key, method: string, path: string, body?: Buffer | string): Promise<Answer> {
    return this.request(method, `/${this.bucket}${path}`, { key, ...(body === undefined ? {} : { body }) });
  }

  /** Ends what hides the objects below a prefix, as the operator. */
  async unhide(prefix: string): Promise<void> {
    const { body } = await this.must("GET", `/${this.bucket}?prefix=${encodeURIComponent(prefix)}&versions=`);
    for (const [text] of body.toString().matchAll(/<DeleteMarker>.*?<\/DeleteMarker>/gs)) {
      const { key, id } = versionOf(text);
      await this.must("DELETE", `/${this.bucket}/${key}?versionId=${id}`);
    }
  }

  /** Without delete markers: a marker is what hides an object. */
  private async listVersions(prefix: string): Promise<{ key: string; id: string }[]> {
    const { body } = await this.must("GET", `/${this.bucket}?prefix=${encodeURIComponent(prefix)}&versions=`);
    return [...body.toString().matchAll(/<Version>.*?<\/Version>/gs)].map(([text]) => versionOf(text));
  }

  private async addKey({ id, secret, capabilities, prefix }: RenderedKey): Promise<void> {
    const known = JSON.stringify(this.statements);
    if (known.includes(id)) return;
    await promisedExec(versitygw(), [
      ...["admin", "--access", ADMIN.id, "--secret", ADMIN.secret, "--region", REGION],
      ...["--endpoint-url", LOCAL_ENDPOINT, "create-user", "--access", id, "--secret", secret, "--role", "user"],
    ]);
    const granted = capabilities.map((name) => {
      const actions = ACTIONS[name];
      if (actions === undefined) throw new Error(`the lab's store knows no capability ${name}`);
      return actions;
    });
    const allow = (resource: string, actions: readonly string[]) => ({
      Effect: "Allow",
      Principal: { AWS: [id] },
      Resource: `arn:aws:s3:::${resource}`,
      Action: actions.map((action) => `s3:${action}`),
    });
    this.statements.push(
      allow(
        this.bucket,
        granted.flatMap(({ bucket }) => bucket),
      ),
      allow(
        `${this.bucket}/${prefix}*`,
        granted.flatMap(({ objects }) => objects),
      ),
    );
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: this.statements });
    await this.must("PUT", `/${this.bucket}?policy=`, { body: policy });
  }

  private async must(method: string, path: string, options: { body?: Buffer | string } = {}): Promise<Answer> {
    const answer = await this.request(method, path, options);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString()}`);
    return answer;
  }

  private async request(
    method: string,
    path: string,
    { body = "", key = ADMIN }: { readonly body?: Buffer | string; readonly key?: Key } = {},
  ): Promise<Answer> {
    const args = ["--silent", "--show-error", "--path-as-is", "--request", method, "--write-out", "\n%{http_code}"];
    // Debian 12's curl signs this header and does not make it.
    const digest = `x-amz-content-sha256: ${createHash("sha256").update(body).digest("hex")}`;
    const signed = ["--aws-sigv4", `aws:amz:${REGION}:s3`, "--user", `${key.id}:${key.secret}`, "--header", digest];
    const upload = method === "PUT" || method === "POST" ? ["--data-binary", "@-", "--header", "Content-Type:"] : [];
    const out = await promisedExec("curl", [...args, ...signed, ...upload, `${LOCAL_ENDPOINT}${path}`], body);
    const end = out.lastIndexOf("\n");
    return { status: Number(out.subarray(end + 1).toString()), body: out.subarray(0, end) };
  }
}

function versionOf(xml: string): { key: string; id: string } {
  return { key: /<Key>([^<]+)</.exec(xml)?.[1] ?? "", id: /<VersionId>([^<]+)</.exec(xml)?.[1] ?? "" };
}

function versitygw(): string {
  return join(oracle("versitygw-1.8.0", "versitygw.sh"), "versitygw");
}

function promisedExec(command: string, args: readonly string[], input: Buffer | string = ""): Promise<Buffer> {
  return new Promise((done, failed) => {
    const child = execFile(command, args, { encoding: "buffer", maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else failed(new Error(`${command} ${args.slice(0, 2).join(" ")}: ${stderr.toString()}`));
    });
    // A program that reads no input, or ends early, says so by its status.
    child.stdin?.on("error", () => undefined).end(input);
  });
}
