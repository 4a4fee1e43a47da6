import { expect, test } from "vitest";
import { breakGlassRule, egressRules } from "../../../butane/firewall.ts";

test.each([
  ["10.20.0.0/16", "ip daddr 10.20.0.0/16"],
  ["fd00::/8", "ip6 daddr fd00::/8"],
  ["10.20.0.5:8000", "ip daddr 10.20.0.5 meta l4proto { tcp, udp } th dport 8000"],
  ["[fd00::5]:8000", "ip6 daddr fd00::5 meta l4proto { tcp, udp } th dport 8000"],
])("opens %s to agents", (entry, rule) => {
  expect(egressRules([entry])).toBe(`add rule inet roost exceptions ${rule} accept\n`);
});

test("an entry of two agents is one rule, and the order of agents changes nothing", () => {
  expect(egressRules(["10.1.0.0/16", "10.2.0.0/16", "10.1.0.0/16"])).toBe(egressRules(["10.2.0.0/16", "10.1.0.0/16"]));
  expect(egressRules([])).toBe("");
});

test("break glass opens SSH to its network", () => {
  expect(breakGlassRule("2001:db8::/48")).toBe(
    "add rule inet roost input ip6 saddr 2001:db8::/48 tcp dport 22 accept\n",
  );
});
