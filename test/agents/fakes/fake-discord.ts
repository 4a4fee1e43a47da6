// Discord's REST API and gateway, version 10, as much of them as bots use to chat. https://docs.discord.com/developers/reference
// One bot, one guild with one channel, and private channels; whoever writes exists.
//
// Usage: fake-discord.ts --port PORT --bot TOKEN
//   POST /_ctl/push {"text", "from", "where"}   a message in a private channel ("private") or in the guild ("guild"): {"since"}
//   GET  /_ctl/calls?since=                     every call of the REST API, see `Call`
//   GET  /_ctl/wait?since=&text=&ms=            the first message, new or edited, that holds `text`, or 408
//   POST /_ctl/mode {"mode"}                    `ok`, `unauthorized`, or `intents`: the gateway refuses the bot's intents
//   GET  /_ctl/problems                         calls that Discord would not have taken
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";
import {
  application,
  BOT,
  bot,
  CHANNEL,
  channel,
  GUILD,
  guild,
  member,
  message,
  person,
  privateChannel,
  snowflake,
} from "./discord-objects.ts";
import { acceptWebSocket, type WebSocketPeer } from "./websocket.ts";

/** A call of the bot. */
export interface Call {
  readonly n: number;
  readonly method: string;
  readonly path: string;
  /** Text of the message that it sent or changed, empty for others. */
  readonly text: string;
}

/** Closes of the gateway. */
const [AUTHENTICATION_FAILED, DISALLOWED_INTENTS] = [4004, 4014] as const;

const { port, bot: token = "" } = parseArgs({ options: { port: { type: "string" }, bot: { type: "string" } } }).values;
const calls: Call[] = [];
const problems: string[] = [];
const listeners = new Set<() => void>();
let mode = "ok";
let dispatch: ((type: string, data: object) => void) | undefined;

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    // What its caller broke off, being stopped, was no whole call.
    if (!request.complete) return;
    problems.push(String(error));
    send(response, 400, { message: "Bad Request", code: 0 });
  });
});
server.on("upgrade", (request, socket) => {
  const gateway: Gateway = { sequence: 0 };
  const peer = acceptWebSocket(request, socket, (text) => receive(peer, gateway, JSON.parse(text) as Received));
  peer.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 30_000 } }));
});
server.listen(Number(port), "127.0.0.1");

interface Gateway {
  sequence: number;
}

interface Received {
  readonly op: number;
  readonly d: { readonly token?: string } | null;
}

function receive(peer: WebSocketPeer, gateway: Gateway, { op, d }: Received): void {
  switch (op) {
    case 1: // heartbeat
      return peer.send(JSON.stringify({ op: 11 }));
    case 2: {
      if (d?.token !== token || mode === "unauthorized") return peer.close(AUTHENTICATION_FAILED);
      if (mode === "intents") return peer.close(DISALLOWED_INTENTS);
      dispatch = (type, data) => peer.send(JSON.stringify({ op: 0, t: type, s: ++gateway.sequence, d: data }));
      dispatch("READY", {
        v: 10,
        user: bot(),
        session_id: "session",
        resume_gateway_url: "wss://gateway.discord.gg",
        application: { id: BOT, flags: application().flags },
        guilds: [{ id: GUILD, unavailable: true }],
      });
      return dispatch("GUILD_CREATE", guild());
    }
    case 6: // resume: this gateway forgets, so the bot has to identify itself
      return peer.send(JSON.stringify({ op: 9, d: false }));
    case 3:
    case 4:
    case 8: // presence, voice state, members: nothing is said in return
      return;
    default:
      problems.push(`unknown operation ${op}`);
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  const { pathname, searchParams } = new URL(request.url ?? "", "http://discord");
  if (pathname.startsWith("/_ctl/")) return control(pathname, searchParams, body, response);
  const method = request.method ?? "";
  const path = decodeURIComponent(pathname.replace(/^\/api\/v10/, ""));
  const fields = fieldsOf(request.headers["content-type"] ?? "", body);
  if (request.headers.authorization !== `Bot ${token}` || mode === "unauthorized") {
    return send(response, 401, { message: "401: Unauthorized", code: 0 });
  }
  const text = /^\/channels\/\d+\/messages(\/\d+)?$/.test(path) ? textOf(fields["content"]) : "";
  calls.push({ n: calls.length, method, path, text });
  for (const listener of listeners) listener();
  const [status, answer] = answerTo(method, path, fields);
  if (status >= 400) problems.push(`${method} ${path}: ${status}`);
  send(response, status, answer);
}

type Fields = Readonly<Record<string, unknown>>;

function answerTo(method: string, path: string, fields: Fields): [status: number, body: unknown] {
  const [kind, id = "", part, item] = path.slice(1).split("/");
  const none: [number, unknown] = [204, undefined];
  switch (`${method} ${kind}`) {
    case "GET gateway":
      return [
        200,
        {
          url: "wss://gateway.discord.gg",
          shards: 1,
          session_start_limit: { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 },
        },
      ];
    case "GET oauth2":
      return [200, application()];
    case "GET applications":
      return part === undefined ? [200, application()] : [200, []];
    case "PUT applications":
      return [200, []];
    case "POST applications":
      return [201, { ...fields, id: snowflake(), application_id: BOT, version: snowflake() }];
    case "GET users":
      return [200, id === "@me" ? bot() : person(id)];
    case "POST users":
      return [200, channel(privateChannel(String(fields["recipient_id"])))];
    case "GET guilds":
      if (part === "members") return [200, { ...member(), user: item === BOT ? bot() : person(item ?? "") }];
      if (part === "channels") return [200, guild().channels];
      return [200, part === "roles" ? guild().roles : guild()];
    case "GET channels":
      if (part === undefined) return [200, channel(id)];
      if (part === "messages") return item === undefined ? [200, []] : [200, message(id, bot(), "")];
      break;
    case "POST channels":
      if (part === "typing") return none;
      return part === "messages" ? [200, sent(id, fields)] : [404, unknown];
    case "PATCH channels":
      return part === "messages" ? [200, { ...sent(id, fields), id: item }] : [404, unknown];
    case "PUT channels":
    case "DELETE channels":
      return part === "messages" ? none : [404, unknown];
    default:
  }
  return [404, unknown];
}

const unknown = { message: "404: Not Found", code: 0 };

/** A message of the bot; throws what Discord would refuse. */
function sent(id: string, { content = "", embeds = [], components = [] }: Fields): object {
  const text = String(content);
  if (text.length > 2000) throw new Error("a message must have at most 2000 characters");
  if (text === "" && JSON.stringify([embeds, components]) === "[[],[]]") throw new Error("a message must not be empty");
  return { ...message(id, bot(), text), embeds, components };
}

function control(path: string, query: URLSearchParams, body: string, response: ServerResponse): void {
  switch (path) {
    case "/_ctl/push": {
      const { text, from, where } = JSON.parse(body) as Record<"text" | "from" | "where", string>; // from the tests
      if (dispatch === undefined) return send(response, 200, {}); // not connected yet
      const common = message(where === "guild" ? CHANNEL : privateChannel(from), person(from), text);
      const mentions = text.includes(`<@${BOT}>`) ? [bot()] : [];
      const since = calls.length;
      dispatch("MESSAGE_CREATE", {
        ...common,
        mentions,
        ...(where === "guild" ? { guild_id: GUILD, member: member() } : { channel_type: 1 }),
      });
      return send(response, 200, { since });
    }
    case "/_ctl/mode":
      ({ mode } = JSON.parse(body) as { mode: string });
      return send(response, 200, { mode });
    case "/_ctl/calls":
      return send(response, 200, calls.slice(Number(query.get("since"))));
    case "/_ctl/problems":
      return send(response, 200, problems);
    case "/_ctl/wait":
      return wait(query, response);
    default:
      return send(response, 404, {});
  }
}

function wait(query: URLSearchParams, response: ServerResponse): void {
  const look = (): void => {
    const found = calls.slice(Number(query.get("since"))).find(({ text }) => text.includes(query.get("text") ?? ""));
    if (found !== undefined) end(200, found);
  };
  const end = (status: number, found: object): void => {
    clearTimeout(timer);
    listeners.delete(look);
    send(response, status, found);
  };
  const timer = setTimeout(() => end(408, {}), Number(query.get("ms")));
  listeners.add(look);
  look();
}

function fieldsOf(type: string, body: string): Fields {
  const [, part] = /name="payload_json"[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(body) ?? [];
  const text = part ?? (type.includes("json") ? body : "");
  const value: unknown = text === "" ? {} : JSON.parse(text);
  return Array.isArray(value) ? {} : (value as Fields); // lists are of commands, which nobody reads
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
