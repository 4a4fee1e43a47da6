import { isIP } from "node:net";

/** The rule that lets a CIDR reach SSH without the tailnet: one line for nft, into the table of the host's firewall. */
export function breakGlassRule(cidr: string): string {
  return `add rule inet roost input ${family(cidr.split("/", 1)[0])} saddr ${cidr} tcp dport 22 accept\n`;
}

/** The rules that open private addresses to the agents of a host; each entry is `CIDR` or `address:port`, as `egressProblem` has checked it. */
export function egressRules(entries: readonly string[]): string {
  return [...new Set(entries)]
    .toSorted()
    .map((entry) => `add rule inet roost exceptions ${destination(entry)} accept\n`)
    .join("");
}

function destination(entry: string): string {
  const [, address = "", port] = /^\[?(?<address>[0-9a-f.:]+?)\]?:(?<port>\d+)$/i.exec(entry) ?? [];
  if (entry.includes("/") || port === undefined) return `${family(entry.split("/", 1)[0])} daddr ${entry}`;
  return `${family(address)} daddr ${address} meta l4proto { tcp, udp } th dport ${port}`;
}

function family(address: string | undefined): "ip" | "ip6" {
  return isIP(address ?? "") === 6 ? "ip6" : "ip";
}
