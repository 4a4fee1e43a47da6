// Telegram's Bot API, as much of it as agents use, for known bots only. https://core.telegram.org/bots/api
// The tests speak for people and read what the bots sent; a second poll of one bot ends the first, as at Telegram.
//
// Usage: fake-telegram.ts --port PORT --bot TOKEN...
//   POST /_ctl/push {"text", "from": {"id", "username"}, "chat"?, "token"?}   a message to one bot or to all: {"since"}
//   GET  /_ctl/calls?method=&since=                   every call but polls, see `Call`; `since` is a number of a call
//   GET  /_ctl/wait?method=&since=&text=&ms=          the first such call whose text holds `text`, or 408
//   POST /_ctl/mode {"mode"}                          `ok`, `unauthorized`, `conflict`, or `stall`: accepts, never answers
//   GET  /_ctl/problems                               calls that Telegram would not have taken
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseArgs } from "node:util";

type Params = Readonly<Record<string, unknown>>;

/** A call of a bot. */
export interface Call {
  readonly n: number;
  readonly token: string;
  readonly method: string;
  readonly params: Params;
}

interface Update {
  readonly update_id: number;
  readonly message: object;
}

interface Bot {
  readonly id: number;
  readonly token: string;
  readonly updates: Update[];
  messages: number;
  /** Ends the open poll. */
  poll: ((description?: string) => void) | undefined;
}

const { port, bot: tokens = [] } = parseArgs({
  options: { port: { type: "string" }, bot: { type: "string", multiple: true } },
}).values;
const bots = tokens.map(
  (token): Bot => ({ id: Number(token.split(":")[0]), token, updates: [], messages: 0, poll: undefined }),
);
const calls: Call[] = [];
const problems: string[] = [];
const listeners = new Set<() => void>();
let mode = "ok";
// Above those of an earlier run: agents keep the number of the last update in their state.
let nextUpdate = Math.floor(Date.now() / 1000);

/** Methods that answer `true`. */
const PLAIN = [
  "answerCallbackQuery",
  "deleteMessage",
  "deleteMyCommands",
  "deleteWebhook",
  "editMessageReplyMarkup",
  "sendChatAction",
  "setMessageReaction",
  "setMyCommands",
];
const SENDING = ["editMessageText", "sendDocument", "sendMessage", "sendPhoto", "sendVoice"];

createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    // What its caller broke off, being stopped, was no whole call.
    if (!request.complete) return;
    problems.push(String(error));
    fail(response, 400, "Bad Request");
  });
}).listen(Number(port), "127.0.0.1");

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { pathname, searchParams } = new URL(request.url ?? "", "http://telegram");
  if (pathname.startsWith("/_ctl/")) return control(pathname, searchParams, body.toString(), response);
  const [, token = "", method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(pathname) ?? [];
  if (mode === "stall") return;
  const bot = bots.find((known) => known.token === token);
  if (bot === undefined || mode === "unauthorized") return fail(response, 401, "Unauthorized");
  const type = request.headers["content-type"] ?? "";
  answer(bot, method, { ...Object.fromEntries(searchParams), ...paramsOf(type, body) }, response);
}

function answer(bot: Bot, method: string, params: Params, response: ServerResponse): void {
  if (method === "getUpdates") return poll(bot, params, response);
  calls.push({ n: calls.length, token: bot.token, method, params });
  for (const listener of listeners) listener();
  if (PLAIN.includes(method)) return succeed(response, true);
  if (SENDING.includes(method)) return send(bot, method, params, response);
  switch (method) {
    case "getMe":
      return succeed(response, {
        ...sender(bot),
        can_join_groups: true,
        can_read_all_group_messages: false,
        supports_inline_queries: false,
      });
    case "getMyCommands":
      return succeed(response, []);
    case "getWebhookInfo": {
      const pending_update_count = bot.updates.length;
      return succeed(response, { url: "", has_custom_certificate: false, pending_update_count });
    }
    case "getChat":
      return succeed(response, { ...chatOf(params["chat_id"]), accent_color_id: 0, max_reaction_count: 11 });
    default:
      problems.push(`unknown method ${method}`);
      return fail(response, 404, "Not Found");
  }
}

function send(bot: Bot, method: string, params: Params, response: ServerResponse): void {
  const { chat_id, text, message_id } = params;
  const wrong = !/^-?\d+$/.test(String(chat_id))
    ? "chat not found"
    : text === "" || (method.endsWith("Message") && text === undefined)
      ? "message text is empty"
      : textOf(text).length > 4096
        ? "message is too long"
        : undefined;
  if (wrong !== undefined) {
    problems.push(`${method}: ${wrong}`);
    return fail(response, 400, `Bad Request: ${wrong}`);
  }
  if (message_id === undefined) bot.messages += 1;
  return succeed(response, {
    message_id: Number(message_id ?? bot.messages),
    date: Math.floor(Date.now() / 1000),
    from: sender(bot),
    chat: chatOf(chat_id),
    text: text ?? params["caption"] ?? "",
  });
}

/** Long polling: answers at once when there is an update, else when one comes or the time is over. */
function poll(bot: Bot, { offset = 0, timeout = 0 }: Params, response: ServerResponse): void {
  bot.poll?.("Conflict: terminated by other getUpdates request");
  if (mode === "conflict") return fail(response, 409, "Conflict: terminated by other getUpdates request");
  const known = bot.updates.filter(({ update_id }) => update_id >= Number(offset));
  bot.updates.splice(0, bot.updates.length, ...known);
  const end = (description?: string): void => {
    if (mode === "stall") return;
    clearTimeout(timer);
    bot.poll = undefined;
    if (description === undefined) succeed(response, bot.updates);
    else fail(response, 409, description);
  };
  const timer = setTimeout(end, Number(timeout) * 1000);
  if (known.length > 0) return end();
  bot.poll = end;
  response.on("close", () => {
    clearTimeout(timer);
    if (bot.poll === end) bot.poll = undefined;
  });
}

function control(path: string, query: URLSearchParams, body: string, response: ServerResponse): void {
  switch (path) {
    case "/_ctl/push": {
      // The tests are the only callers.
      const { token, text, from, chat } = JSON.parse(body) as Record<"token" | "text", string> &
        Record<"from" | "chat", Params>;
      const since = calls.length;
      for (const bot of bots) if (token === undefined || token === bot.token) push(bot, text, from, chat);
      return sendJson(response, 200, { since });
    }
    case "/_ctl/mode":
      ({ mode } = JSON.parse(body) as { mode: string });
      // An open poll belongs to the mode before.
      for (const bot of bots) bot.poll?.();
      return sendJson(response, 200, { mode });
    case "/_ctl/calls":
      return sendJson(
        response,
        200,
        calls.filter((call) => matches(call, query)),
      );
    case "/_ctl/problems":
      return sendJson(response, 200, problems);
    case "/_ctl/wait":
      return wait(query, response);
    default:
      return sendJson(response, 404, {});
  }
}

function push(bot: Bot, text: string, from: Params, chat: Params | undefined): void {
  bot.messages += 1;
  const person = { is_bot: false, first_name: textOf(from["username"], "Person"), ...from };
  const command = /^\/\w+/.exec(text)?.[0];
  const message = {
    message_id: bot.messages,
    date: Math.floor(Date.now() / 1000),
    from: person,
    chat: chat ?? { id: from["id"], type: "private", first_name: person.first_name },
    text,
    ...(command === undefined ? {} : { entities: [{ type: "bot_command", offset: 0, length: command.length }] }),
  };
  bot.updates.push({ update_id: nextUpdate++, message });
  bot.poll?.();
}

function wait(query: URLSearchParams, response: ServerResponse): void {
  const look = (): void => {
    const call = calls.find((one) => matches(one, query));
    if (call !== undefined) end(200, call);
  };
  const end = (status: number, found: object): void => {
    clearTimeout(timer);
    listeners.delete(look);
    sendJson(response, status, found);
  };
  const timer = setTimeout(() => end(408, {}), Number(query.get("ms") ?? 10_000));
  listeners.add(look);
  look();
}

function matches({ n, method, params }: Call, query: URLSearchParams): boolean {
  const [wanted, text] = [query.get("method"), query.get("text") ?? ""];
  return n >= Number(query.get("since")) && (wanted ?? method) === method && textOf(params["text"]).includes(text);
}

function paramsOf(type: string, body: Buffer): Params {
  if (type.includes("application/json")) return JSON.parse(body.toString() || "{}") as Params;
  if (type.includes("urlencoded")) return Object.fromEntries(new URLSearchParams(body.toString()));
  const [, boundary] = /boundary="?([^";]+)/.exec(type) ?? [];
  const parts = boundary === undefined ? [] : body.toString("latin1").split(`--${boundary}`);
  return Object.fromEntries(
    parts.flatMap((part) => {
      const [, name = "", file, value = ""] =
        /name="([^"]+)"(?:; filename="([^"]*)")?[\s\S]*?\r\n\r\n([\s\S]*)\r\n$/.exec(part) ?? [];
      const text = Buffer.from(value, "latin1").toString();
      return name === "" ? [] : [[name, file === undefined ? text : `${file}, ${value.length} bytes`]];
    }),
  );
}

function textOf(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

function sender({ id }: Bot): object {
  return { id, is_bot: true, first_name: "Fake", username: `fake${id}_bot` };
}

function chatOf(id: unknown): object {
  return { id: Number(id), type: Number(id) < 0 ? "group" : "private", first_name: "Person" };
}

function succeed(response: ServerResponse, result: unknown): void {
  sendJson(response, 200, { ok: true, result });
}

function fail(response: ServerResponse, error_code: number, description: string): void {
  sendJson(response, error_code, { ok: false, error_code, description });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
