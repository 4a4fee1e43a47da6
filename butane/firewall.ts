import { isIP } from "node:net";

/** The rule that lets a CIDR reach SSH without the tailnet: one line for nft, into the table of the host's firewall. */
export function breakGlassRule(cidr: string): string {
  const family = isIP(cidr.split("/", 1)[0] ?? "") === 6 ? "ip6" : "ip";
  return `add rule inet roost input ${family} saddr ${cidr} tcp dport 22 accept\n`;
}
