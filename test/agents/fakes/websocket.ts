// A WebSocket server's side of one connection, as much as a gateway of JSON messages needs: RFC 6455 without extensions.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10] as const;

/** A connection that speaks text. */
export interface WebSocketPeer {
  readonly send: (text: string) => void;
  /** Ends the connection with a code of the protocol above. */
  readonly close: (code: number) => void;
}

/** Takes an upgrade over; `onText` gets each text message. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  onText: (text: string) => void,
): WebSocketPeer {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accepted = createHash("sha1").update(key).digest("base64");
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write([...head, `Sec-WebSocket-Accept: ${accepted}`, "", ""].join("\r\n"));
  socket.on("error", () => socket.destroy());
  const send = (opcode: number, payload: Buffer): void => {
    if (socket.writable) socket.write(frame(opcode, payload));
  };

  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let next = unframe(received); next !== undefined; next = unframe(received)) {
      received = received.subarray(next.length);
      if (next.opcode === TEXT) onText(next.payload.toString());
      if (next.opcode === PING) send(PONG, next.payload);
      if (next.opcode === CLOSE) socket.end(frame(CLOSE, next.payload));
    }
  });
  return {
    send: (text) => send(TEXT, Buffer.from(text)),
    close: (code) => {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      socket.end(frame(CLOSE, payload));
    },
  };
}

/** A whole message in one frame, unmasked as a server's are. */
function frame(opcode: number, payload: Buffer): Buffer {
  const size = payload.length;
  const head = size < 126 ? Buffer.alloc(2) : size < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head.writeUInt8(0x80 | opcode, 0);
  head.writeUInt8(size < 126 ? size : size < 65_536 ? 126 : 127, 1);
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, payload]);
}

/** The first whole frame of a client; throws on what this side does not speak. */
function unframe(data: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (data.length < 2) return undefined;
  const [first, second] = [data.readUInt8(0), data.readUInt8(1)];
  if (first < 0x80 || second < 0x80) throw new Error("a client's frame must be masked and whole");
  const short = second & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < start) return undefined;
  const size = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const length = start + 4 + size;
  if (data.length < length) return undefined;
  const mask = data.subarray(start, start + 4);
  const payload = Buffer.from(data.subarray(start + 4, length));
  for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
  return { opcode: first & 0x0f, payload, length };
}
