import { isIPv4, isIPv6 } from "node:net";

/** Where a host of a URL lies, seen from an agent's container. */
export type HostScope = "own" | "private" | "public" | "private-name" | "public-name";

interface Address {
  /** Length of the address in bits: 32 or 128. */
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Range extends Address {
  readonly prefix: number;
}

interface Entry {
  readonly range: Range;
  /** `undefined`: every port. */
  readonly port: number | undefined;
}

/** The container's own addresses: nothing of the host answers there. */
const OWN = ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"].map(knownRange);

/** What the host's firewall closes to agents: RFC 1918, RFC 6598 (tailnets too), link-local, RFC 4193. */
const PRIVATE_RANGES = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
];
const PRIVATE = PRIVATE_RANGES.map(knownRange);

/** Clouds serve a machine's credentials here. */
const METADATA_ADDRESS = "169.254.169.254";
const METADATA = knownRange(`${METADATA_ADDRESS}/32`);

/** Names that public DNS never answers: RFC 6761, 6762, 8375, ICANN's `.internal`, tailnets, and names without a dot. */
const PRIVATE_NAME = /^[^.]+$|\.(local|lan|internal|intranet|home|corp|home\.arpa|test|ts\.net)$/;

const WANTED = `a CIDR such as "10.20.0.0/16" or address:port such as "10.20.0.5:8000"`;

/** Scope of a URL's host as `new URL().hostname` gives it, IPv6 in brackets or not. */
export function hostScope(hostname: string): HostScope {
  const name = hostname.replace(/\.$/, "").toLowerCase();
  const address = parseAddress(name);
  if (address === undefined) {
    if (/(^|\.)localhost$/.test(name)) return "own";
    return PRIVATE_NAME.test(name) ? "private-name" : "public-name";
  }
  const single = { ...address, prefix: address.bits };
  if (OWN.some((range) => holds(range, single))) return "own";
  return PRIVATE.some((range) => holds(range, single)) ? "private" : "public";
}

/** What is wrong with an exception from the firewall, `undefined` if nothing is; completes a sentence that its path begins. */
export function egressProblem(text: string): string | undefined {
  const entry = parseEntry(text);
  if (entry === undefined) return formProblem(text);
  const { range, port } = entry;
  if (port !== undefined && (port < 1 || port > 65_535)) return `must have a port from 1 to 65535, got "${text}"`;
  const first = firstOf(range);
  if (first !== range.value) {
    return `must begin at the network's first address, "${showAddress({ ...range, value: first })}/${range.prefix}", got "${text}"`;
  }
  if (OWN.some((own) => holds(own, range))) return `must not be the container's own address, got "${text}"`;
  if (holds(range, METADATA)) {
    return `must not hold ${METADATA_ADDRESS}, where clouds serve the machine's credentials, got "${text}"`;
  }
  if (PRIVATE.some((known) => holds(known, range))) return undefined;
  if (PRIVATE.some((known) => holds(range, known))) {
    return `must lie within one private range (${PRIVATE_RANGES.join(", ")}), got "${text}", which is wider`;
  }
  return `must be private, got "${text}": public addresses are open without an entry`;
}

/** Whether an address is the first of its network of so many bits. */
export function isNetworkAddress(text: string, prefix: number): boolean {
  const address = parseAddress(text);
  return address !== undefined && firstOf({ ...address, prefix }) === address.value;
}

/** The entry that opens one port of an address, as `new URL().hostname` gives it. */
export function egressEntry(hostname: string, port: number): string {
  const address = parseAddress(hostname);
  return `${address?.bits === 32 ? showAddress(address) : hostname}:${port}`;
}

/** Whether the entries open this port of this address; `undefined` as address asks for any address at all. */
export function egressAllows(entries: readonly string[], hostname: string | undefined, port: number): boolean {
  const address = hostname === undefined ? undefined : parseAddress(hostname);
  return entries.some((text) => {
    const entry = parseEntry(text);
    if (entry === undefined || (entry.port !== undefined && entry.port !== port)) return false;
    return address === undefined || holds(entry.range, { ...address, prefix: address.bits });
  });
}

function formProblem(text: string): string {
  const bare = parseAddress(text);
  if (bare !== undefined) {
    const address = showAddress(bare);
    const port = bare.bits === 32 ? `${address}:8000` : `[${address}]:8000`;
    return `must say what it opens: "${port}" for one port, "${address}/${bare.bits}" for all of "${address}"`;
  }
  if (/[g-z]/i.test(text)) {
    return `must be ${WANTED}, got a name or another text: a name that does not resolve would lose the whole firewall table`;
  }
  return `must be ${WANTED}, got a text of another form`;
}

function parseEntry(text: string): Entry | undefined {
  const range = parseRange(text);
  if (range !== undefined) return { range, port: undefined };
  const match = /^(?<host>[0-9.]+|\[[0-9a-f:.]+\]):(?<port>[0-9]{1,5})$/i.exec(text);
  const host = match?.groups?.["host"] ?? "";
  const address = parseAddress(host);
  // nftables would take an IPv4 address in IPv6 form for IPv6, and open nothing.
  if (address === undefined || (address.bits === 32 && host.includes(":"))) return undefined;
  return { range: { ...address, prefix: address.bits }, port: Number(match?.groups?.["port"]) };
}

function parseRange(text: string): Range | undefined {
  const match = /^(?<host>[0-9a-f.:]+)\/(?<prefix>[0-9]{1,3})$/i.exec(text);
  const address = parseAddress(match?.groups?.["host"] ?? "");
  const prefix = Number(match?.groups?.["prefix"]);
  return address === undefined || prefix > address.bits ? undefined : { ...address, prefix };
}

function knownRange(text: string): Range {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`${text} is no CIDR`);
  return range;
}

/** IPv4 in IPv6 form (`::ffff:a.b.c.d`) is the IPv4 address: the kernel sends it there. */
function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isIPv4(bare)) {
    return { bits: 32, value: bare.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  if (!isIPv6(bare) || bare.includes("%")) return undefined;
  const canonical = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  const value = groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function showAddress({ bits, value }: Address): string {
  const width = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, index, count = bits === 32 ? 3 : 7) =>
    ((value >> (width * BigInt(count - index))) & ((1n << width) - 1n)).toString(bits === 32 ? 10 : 16),
  );
  return bits === 32 ? parts.join(".") : new URL(`http://[${parts.join(":")}]/`).hostname.slice(1, -1);
}

function firstOf({ bits, value, prefix }: Range): bigint {
  const low = BigInt(bits - prefix);
  return (value >> low) << low;
}

function holds(outer: Range, inner: Range): boolean {
  if (outer.bits !== inner.bits || outer.prefix > inner.prefix) return false;
  const low = BigInt(outer.bits - outer.prefix);
  return outer.value >> low === inner.value >> low;
}
