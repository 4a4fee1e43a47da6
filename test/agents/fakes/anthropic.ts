// Anthropic's Messages API for a fake that thinks in chat completions: what comes in is turned into those, and an answer
// of theirs is sent as Anthropic would send it. https://platform.claude.com/docs/en/api/messages
import type { ServerResponse } from "node:http";

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: string | readonly Block[];
}

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string | readonly Block[];
}

interface MessagesRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly system?: string | readonly Block[];
  readonly messages: readonly Turn[];
  readonly tools?: readonly { readonly name: string }[];
}

/** The message that a chat completion answers with. */
interface ChatMessage {
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

/** The chat completion that a request for a message amounts to. */
export function chatRequest({ model, stream, system, messages, tools }: MessagesRequest): object {
  return {
    model,
    stream: stream === true,
    messages: [
      ...(system === undefined ? [] : [{ role: "system", content: textOf(system) }]),
      ...messages.flatMap(chatMessages),
    ],
    tools: (tools ?? []).map(({ name }) => ({ type: "function", function: { name } })),
  };
}

/** Sends the answer of a chat completion as a message, in events if the request wanted a stream. */
export function sendMessage(response: ServerResponse, request: MessagesRequest, answer: ChatMessage): void {
  const calls = answer.tool_calls ?? [];
  const content = [
    ...(answer.content === null ? [] : [{ type: "text", text: answer.content }]),
    ...calls.map(({ id, function: { name, arguments: input } }) => ({
      type: "tool_use",
      id,
      name,
      input: JSON.parse(input) as object,
    })),
  ];
  const stop = { stop_reason: calls.length > 0 ? "tool_use" : "end_turn", stop_sequence: null };
  const usage = { input_tokens: 10, output_tokens: 5 };
  const message = { id: "msg_fake", type: "message", role: "assistant", model: request.model, usage };
  if (request.stream !== true) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...message, ...stop, content }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  send("message_start", { message: { ...message, stop_reason: null, stop_sequence: null, content: [] } });
  for (const [index, block] of content.entries()) {
    const [empty, delta] =
      "text" in block
        ? [
            { type: "text", text: "" },
            { type: "text_delta", text: block.text },
          ]
        : [
            { ...block, input: {} },
            { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
          ];
    send("content_block_start", { index, content_block: empty });
    send("content_block_delta", { index, delta });
    send("content_block_stop", { index });
  }
  send("message_delta", { delta: stop, usage });
  send("message_stop", {});
  response.end();
}

function chatMessages({ role, content }: Turn): object[] {
  if (typeof content === "string") return [{ role, content }];
  const results = content.filter(({ type }) => type === "tool_result");
  const calls = content.filter(({ type }) => type === "tool_use");
  const text = textOf(content);
  return [
    ...results.map((block) => ({
      role: "tool",
      tool_call_id: block.tool_use_id,
      content: textOf(block.content ?? ""),
    })),
    ...(text === "" && calls.length === 0
      ? []
      : [
          {
            role,
            content: text,
            ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ id, name }) => ({ id, function: { name } })) }),
          },
        ]),
  ];
}

function textOf(content: string | readonly Block[]): string {
  if (typeof content === "string") return content;
  return content.map(({ text }) => text ?? "").join("");
}
