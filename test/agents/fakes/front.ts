// What an agent sees of the world in a test's own network: a DNS server and a TLS front, so that it runs with the
// addresses that were rendered. Names that it knows are answered with a public address on the loopback interface, and
// their TLS connections go on in the clear to the fake that plays them. Every other name is recorded and does not exist.
//
// Usage: front.ts FOLDER ADDRESS NAME=PORT... PORT...
//   FOLDER     holds key.pem and certificate.pem, which is for every NAME
//   FOLDER/PORT.sock  the way in for the test, outside this network: a Unix socket for every PORT
//   FOLDER/asked      the names asked for, one a line, each once
import { createSocket } from "node:dgram";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";

const [folder = ".", address = "", ...entries] = process.argv.slice(2);
const fakes = new Map<string, number>();
const doors = new Set<number>();
for (const entry of entries) {
  const [name = "", port = name] = entry.split("=");
  if (port !== name) fakes.set(name, Number(port));
  doors.add(Number(port));
}

serveNames(join(folder, "asked"));
createTlsServer(
  { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "certificate.pem")) },
  (socket) => {
    const port = fakes.get(String(socket.servername));
    if (port === undefined) socket.destroy();
    else joinSockets(socket, connect(port, "127.0.0.1"));
  },
).listen(443, address, () => {
  for (const port of doors) {
    createServer((socket) => joinSockets(socket, connect(port, "127.0.0.1"))).listen(join(folder, `${port}.sock`));
  }
});

/** Either end's failure is the other's end. */
function joinSockets(left: Socket, right: Socket): void {
  left.pipe(right).pipe(left);
  left.on("error", () => right.destroy());
  right.on("error", () => left.destroy());
}

/** RFC 1035, as much as a resolver of one host needs: one question in, at most one address out. */
function serveNames(record: string): void {
  const seen = new Set<string>();
  writeFileSync(record, "");
  const server = createSocket("udp4");
  server.on("message", (query, peer) => {
    const labels: string[] = [];
    let end = 12;
    for (let length = query.readUInt8(end); length > 0; length = query.readUInt8(end)) {
      labels.push(query.toString("latin1", end + 1, end + 1 + length));
      end += length + 1;
    }
    const name = labels.join(".").toLowerCase();
    if (!seen.has(name)) appendFileSync(record, `${name}\n`);
    seen.add(name);
    const known = fakes.has(name);
    const wantsAddress = known && query.readUInt16BE(end + 1) === 1;
    const question = query.subarray(12, end + 5);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // A response to a recursive query; 3 is "no such name".
    header.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(wantsAddress ? 1 : 0, 6);
    // The name by reference to the question, type A, class IN, a minute, four bytes.
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
    server.send(Buffer.concat([header, question, ...(wantsAddress ? [answer] : [])]), peer.port, peer.address);
  });
  server.bind(53, "127.0.0.1");
}
