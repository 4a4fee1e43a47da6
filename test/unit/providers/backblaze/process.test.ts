import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { watchEngine } from "../../../../providers/backblaze/engine-alive.ts";
import { secret } from "../../../../providers/backblaze/properties.ts";
import { FakeB2 } from "./fake-b2.ts";
import { urnOf } from "./harness.ts";

const root = join(import.meta.dirname, "../../../..");
const urn = urnOf("ApplicationKey", "key");

type Client = InstanceType<typeof providerService.ResourceProviderClient>;

/** Pulumi's engine, as far as a plugin sees it: it listens to warnings. */
async function startEngine(): Promise<{
  address: string;
  warnings: { urn: string; message: string }[];
  kill: () => void;
}> {
  const warnings: { urn: string; message: string }[] = [];
  const server = new Server();
  server.addService(engineService.EngineService, {
    log: (
      call: { request: InstanceType<typeof engineProto.LogRequest> },
      done: (error: null, answer: object) => void,
    ) => {
      const { request } = call;
      if (request.getSeverity() === engineProto.LogSeverity.WARNING) {
        warnings.push({ urn: request.getUrn(), message: request.getMessage() });
      }
      done(null, new empty.Empty());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const kill = () => server.forceShutdown();
  onTestFinished(kill);
  return { address: `127.0.0.1:${port}`, warnings, kill };
}

/** Starts the plugin as the engine does, and speaks to it as the engine does. */
async function startPlugin(
  engine: string,
  env: Record<string, string>,
): Promise<{ client: Client; plugin: ChildProcess; ended: () => Promise<string> }> {
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const plugin = spawn(join(root, "providers/backblaze/pulumi-resource-backblaze"), ["--logtostderr", "-v=9", engine], {
    cwd: "/",
    env: { PATH: path, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  plugin.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  onTestFinished(() => stop(plugin));
  const [line] = (await once(plugin.stdout, "data")) as [Buffer]; // the first line is the port
  const client = new providerService.ResourceProviderClient(
    `127.0.0.1:${line.toString().trim()}`,
    credentials.createInsecure(),
  );
  onTestFinished(() => client.close());
  const ended = async (): Promise<string> => {
    await stop(plugin);
    return stderr;
  };
  return { client, plugin, ended };
}

async function stop(plugin: ChildProcess): Promise<void> {
  if (plugin.exitCode !== null || plugin.signalCode !== null) return;
  plugin.kill();
  await once(plugin, "close"); // after all that it wrote has arrived
}

function answered<T>(call: (done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

const structOf = (value: Record<string, struct.JavaScriptValue>) => struct.Struct.fromJavaScript(value);

test("the plugin starts, makes a key over gRPC, reads it, deletes it, and its warnings reach the engine", async () => {
  const b2 = await FakeB2.start();
  onTestFinished(() => b2.stop());
  const engine = await startEngine();
  const { client, ended } = await startPlugin(engine.address, {
    B2_APPLICATION_KEY_ID: b2.master.keyId,
    B2_APPLICATION_KEY: b2.master.key,
    B2_ENDPOINT: b2.url,
  });

  const stranger = b2.addKey("roost-state");
  const inputs = structOf({ keyName: "roost-state", capabilities: ["listFiles"] });
  const create = new providerProto.CreateRequest().setUrn(urn).setProperties(inputs);
  const made = await answered<providerProto.CreateResponse>((done) => client.create(create, done));
  const state = made.getProperties()?.toJavaScript();
  const id = made.getId();
  expect(state?.["applicationKey"]).toEqual(secret(b2.keys.get(id)?.applicationKey));
  expect(engine.warnings).toEqual([{ urn, message: expect.stringContaining(`b2 key delete ${stranger}`) }]);

  const read = new providerProto.ReadRequest().setUrn(urn).setId(id).setProperties(made.getProperties());
  const found = await answered<providerProto.ReadResponse>((done) => client.read(read, done));
  expect(found.getProperties()?.toJavaScript()).toEqual(state);

  const end = new providerProto.DeleteRequest().setUrn(urn).setId(id).setProperties(made.getProperties());
  await answered((done) => client.delete(end, done));
  expect(b2.keys.has(id)).toBe(false);

  // What `read` throws, Pulumi's server prints: one line, no stack.
  const missing = new providerProto.ReadRequest().setUrn(urn).setId("002x"); // an import has no properties
  await expect(answered((done) => client.read(missing, done))).rejects.toThrow("cannot be imported");
  const printed = await ended();
  expect(printed.trim().split("\n")).toEqual([expect.stringMatching(/^backblaze: the application key 002x cannot/)]);
});

test("the plugin starts without credentials, and only a call to B2 asks for them", async () => {
  const engine = await startEngine();
  const { client } = await startPlugin(engine.address, {});
  const news = structOf({ bucketName: "roost-agents", bucketType: "allPrivate" });
  const bucket = urnOf("Bucket", "bucket");
  const check = new providerProto.CheckRequest().setUrn(bucket).setOlds(structOf({})).setNews(news);
  const checked = await answered<providerProto.CheckResponse>((done) => client.check(check, done));
  expect(checked.getFailuresList()).toEqual([]);
  const create = new providerProto.CreateRequest().setUrn(bucket).setProperties(news);
  await expect(answered((done) => client.create(create, done))).rejects.toThrow(
    "B2_APPLICATION_KEY_ID must be set to the id of a B2 application key; B2_APPLICATION_KEY must be set",
  );
});

test("the plugin ends when the engine is gone, as after a kill", async () => {
  const engine = await startEngine();
  const { plugin } = await startPlugin(engine.address, {});
  const closed = once(plugin, "close");
  engine.kill();
  expect(await closed).toEqual([0, null]);
});

test("an engine that listens is left in peace, and one that stopped is noticed once", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  let looks = 0;
  server.on("connection", (socket) => {
    looks += 1;
    socket.on("error", () => {}).end();
  });
  let gone = 0;
  watchEngine(["-v=9", `127.0.0.1:${port}`], () => (gone += 1), 20);
  await vi.waitFor(() => expect(looks).toBeGreaterThan(2), 10_000);
  expect(gone).toBe(0);
  server.close();
  await vi.waitFor(() => expect(gone).toBe(1), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(gone).toBe(1);
});

test("a plugin that is started by hand watches no engine", async () => {
  let gone = 0;
  watchEngine([], () => (gone += 1), 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(gone).toBe(0);
});
