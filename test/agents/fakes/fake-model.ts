// A model service without a model: OpenAI's chat completions and, through anthropic.ts, Anthropic's messages, streamed or not.
// It refuses what the real services refuse (a wrong key, a tool's result without its call) and keeps what it was told.
//
// Usage: fake-model.ts --port PORT --key KEY
//   ECHO(word)            in the user's text: the answer is `FAKE-REPLY: word`; without it, the end of the user's text
//   SLEEP(milliseconds)   in the user's text: the answer takes that long
//   TOOL:name {json}      in the user's text: a call of that tool, if it is offered; then `FAKE-TOOL-RESULT: …`,
//                         which begins with `word: ` if the text holds ECHO(word) too
//   GET /_ctl/calls       every request so far, see `Call`
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { chatRequest, sendMessage } from "./anthropic.ts";

interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

interface Message {
  readonly role: string;
  readonly content?: string | null | readonly { readonly text?: string }[];
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly tool_call_id?: string;
}

interface ChatRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

interface Answer {
  readonly content: string | null;
  readonly tool_calls?: readonly ToolCall[];
}

/** A request as the tests read it. */
export interface Call {
  readonly path: string;
  /** Why it was refused; the rest is empty then. */
  readonly refused?: string;
  /** Text of the user since the last answer, or else before it. */
  readonly user: string;
  /** Role and text of the last message, such as a tool's result. */
  readonly lastRole: string;
  readonly lastText: string;
  readonly system: string;
  readonly messages: number;
  /** Names of the tools offered. */
  readonly tools: readonly string[];
}

const { port, key } = parseArgs({ options: { port: { type: "string" }, key: { type: "string" } } }).values;
const calls: Call[] = [];

createServer((request, response) => {
  serve(request, response).catch((error: unknown) => refuse(response, request.url ?? "", 400, String(error)));
}).listen(Number(port), "127.0.0.1");

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  if (path === "/_ctl/calls") return sendJson(response, 200, calls);
  const given = request.headers.authorization?.replace(/^Bearer /, "") ?? request.headers["x-api-key"];
  if (given !== key) return refuse(response, path, 401, "wrong key");
  // OpenRouter has OpenAI's interface below /api.
  switch (`${request.method} ${path.replace(/\?.*/, "").replace(/^\/api/, "")}`) {
    case "POST /v1/chat/completions": {
      // The form is what `problem` checks.
      const asked = JSON.parse(body) as ChatRequest;
      const answer = await think(path, asked);
      return asked.stream === true ? sendStream(response, asked, answer) : sendChat(response, asked, answer);
    }
    case "POST /v1/messages": {
      const asked = JSON.parse(body) as Parameters<typeof chatRequest>[0];
      return sendMessage(response, asked, await think(path, chatRequest(asked) as ChatRequest));
    }
    default:
      return refuse(response, path, 404, "no such path");
  }
}

/** Keeps the request and finds its answer; throws what the real service would refuse. */
async function think(path: string, request: ChatRequest): Promise<Answer> {
  const wrong = problem(request);
  if (wrong !== undefined) throw new Error(wrong);
  const { messages } = request;
  const last = messages.at(-1);
  const news = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
  const result = news.find(({ role }) => role === "tool");
  // OpenClaw adds a message of its own behind the person's, and behind a tool's result.
  const said = news
    .filter(({ role }) => role === "user")
    .map(textOf)
    .join("\n");
  const user = result === undefined ? said : textOf(messages.findLast(({ role }) => role === "user"));
  const tools = (request.tools ?? []).map((tool) => tool.function.name);
  const system = textOf(messages.find(({ role }) => role === "system"));
  calls.push({
    path,
    user,
    lastRole: (result ?? last)?.role ?? "",
    lastText: textOf(result ?? last),
    system,
    messages: messages.length,
    tools,
  });

  await sleep(Number(/SLEEP\((\d+)\)/.exec(user)?.[1] ?? 0));
  const echo = /ECHO\(([^)]*)\)/.exec(user)?.[1];
  if (result !== undefined) {
    const mark = echo === undefined ? "" : `${echo}: `;
    return { content: `FAKE-TOOL-RESULT: ${mark}${textOf(result).slice(0, 1500)}` };
  }
  // Not in a quotation, where the marks are escaped: OpenClaw quotes what was said before.
  const [, name = "", input = ""] = /TOOL:(\w+) (\{".*\})/.exec(user) ?? [];
  if (tools.includes(name)) {
    const call = { id: `call_${calls.length}`, type: "function" as const, function: { name, arguments: input } };
    return { content: null, tool_calls: [call] };
  }
  return { content: `FAKE-REPLY: ${echo ?? user.slice(-200)}` };
}

function problem({ model, messages }: ChatRequest): string | undefined {
  if (typeof model !== "string" || model === "") return "model must be given";
  if (!Array.isArray(messages) || messages.length === 0) return "messages must be given";
  const open = new Set<string>();
  for (const { role, tool_calls, tool_call_id = "" } of messages) {
    if (!["system", "developer", "user", "assistant", "tool"].includes(role)) return `role ${role} is unknown`;
    if (role === "tool" && !open.delete(tool_call_id)) return "a tool's result must follow its call";
    if (role !== "tool" && open.size > 0) return "every call must have its result";
    for (const { id } of tool_calls ?? []) open.add(id);
  }
  return open.size > 0 ? "every call must have its result" : undefined;
}

function textOf(message: Message | undefined): string {
  const content = message?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text }) => text ?? "").join(" ");
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function sendChat(response: ServerResponse, { model }: ChatRequest, answer: Answer): void {
  const choice = { index: 0, finish_reason: finish(answer), message: { role: "assistant", ...answer } };
  sendJson(response, 200, {
    id: "chatcmpl-fake",
    object: "chat.completion",
    created: 0,
    model,
    usage,
    choices: [choice],
  });
}

function sendStream(response: ServerResponse, { model }: ChatRequest, answer: Answer): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (fields: object): void => {
    const event = { id: "chatcmpl-fake", object: "chat.completion.chunk", created: 0, model, ...fields };
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const choose = (delta: object, finish_reason: string | null = null): void =>
    send({ choices: [{ index: 0, delta, finish_reason }] });
  choose({ role: "assistant", content: "" });
  for (const part of answer.content?.match(/.{1,40}/gs) ?? []) choose({ content: part });
  if (answer.tool_calls !== undefined) {
    choose({ tool_calls: answer.tool_calls.map((call, index) => ({ index, ...call })) });
  }
  choose({}, finish(answer));
  send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}

function finish({ tool_calls }: Answer): string {
  return tool_calls === undefined ? "stop" : "tool_calls";
}

function refuse(response: ServerResponse, path: string, status: number, refused: string): void {
  calls.push({ path, refused, user: "", lastRole: "", lastText: "", system: "", messages: 0, tools: [] });
  sendJson(response, status, { error: { message: refused, type: "invalid_request_error" } });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
