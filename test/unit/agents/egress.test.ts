import { describe, expect, test } from "vitest";
import { egressAllows, egressEntry, egressProblem, hostScope } from "../../../agents/egress.ts";

describe("hostScope", () => {
  test.each([
    ["127.0.0.1", "own"],
    ["127.8.8.8", "own"],
    ["0.0.0.0", "own"],
    ["[::1]", "own"],
    ["[::]", "own"],
    ["[::ffff:127.0.0.1]", "own"],
    ["localhost", "own"],
    ["llm.localhost", "own"],
    ["LOCALHOST.", "own"],
    ["10.0.0.1", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.168.255.255", "private"],
    ["100.64.0.1", "private"],
    ["100.127.255.255", "private"],
    ["169.254.169.254", "private"],
    ["[fd00::1]", "private"],
    ["[fe80::1]", "private"],
    ["[::ffff:10.0.0.1]", "private"],
    ["9.255.255.255", "public"],
    ["11.0.0.0", "public"],
    ["172.15.255.255", "public"],
    ["172.32.0.0", "public"],
    ["192.169.0.0", "public"],
    ["100.63.255.255", "public"],
    ["100.128.0.0", "public"],
    ["[2001:db8::1]", "public"],
    ["[fec0::1]", "public"],
    ["gpu", "private-name"],
    ["gpu.lan", "private-name"],
    ["gpu.local", "private-name"],
    ["gpu.home.arpa", "private-name"],
    ["gpu.tail1234.ts.net", "private-name"],
    ["host.containers.internal", "private-name"],
    ["api.example.com", "public-name"],
    ["locale.example.com", "public-name"],
  ])("%s is %s", (host, scope) => {
    expect(hostScope(host)).toBe(scope);
  });
});

describe("egressProblem", () => {
  test.each([
    "10.20.0.0/16",
    "10.0.0.5/32",
    "10.0.0.5:8000",
    "100.64.0.0/10",
    "100.101.102.103:11434",
    "169.254.1.0/24",
    "fd00:1::/32",
    "[fd00::5]:8000",
    "10.0.0.5:1",
    "10.0.0.5:65535",
  ])("takes %s", (entry) => {
    expect(egressProblem(entry)).toBeUndefined();
  });

  const form = `must be a CIDR such as "10.20.0.0/16" or address:port such as "10.20.0.5:8000", got`;
  const name = `${form} a name or another text: a name that does not resolve would lose the whole firewall table`;
  test.each([
    ["gpu.lan:8000", name],
    ["gpu", name],
    ["https://10.0.0.5:8000", name],
    ["", `${form} a text of another form`],
    ["10.0.0:8000", `${form} a text of another form`],
    ["10.0.0.0/33", `${form} a text of another form`],
    ["fd00::/129", `${form} a text of another form`],
    ["[fd00::5]", `must say what it opens: "[fd00::5]:8000" for one port, "fd00::5/128" for all of "fd00::5"`],
    ["10.0.0.5", `must say what it opens: "10.0.0.5:8000" for one port, "10.0.0.5/32" for all of "10.0.0.5"`],
    ["10.0.0.5:0", `must have a port from 1 to 65535, got "10.0.0.5:0"`],
    ["10.0.0.5:65536", `must have a port from 1 to 65535, got "10.0.0.5:65536"`],
    ["10.1.2.3/8", `must begin at the network's first address, "10.0.0.0/8", got "10.1.2.3/8"`],
    ["fd00::5/64", `must begin at the network's first address, "fd00::/64", got "fd00::5/64"`],
    ["127.0.0.1:8000", `must not be the container's own address, got "127.0.0.1:8000"`],
    ["[::1]:8000", `must not be the container's own address, got "[::1]:8000"`],
    [
      "169.254.0.0/16",
      `must not hold 169.254.169.254, where clouds serve the machine's credentials, got "169.254.0.0/16"`,
    ],
    ["[::ffff:10.0.0.5]:80", `${form} a text of another form`],
    ["::ffff:10.0.0.5", `must say what it opens: "10.0.0.5:8000" for one port, "10.0.0.5/32" for all of "10.0.0.5"`],
    ["0.0.0.0/0", `must not hold 169.254.169.254, where clouds serve the machine's credentials, got "0.0.0.0/0"`],
    [
      "10.0.0.0/7",
      `must lie within one private range (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16, fc00::/7, fe80::/10), got "10.0.0.0/7", which is wider`,
    ],
    ["8.8.8.8:53", `must be private, got "8.8.8.8:53": public addresses are open without an entry`],
  ])("refuses %j", (entry, message) => {
    expect(egressProblem(entry)).toBe(message);
  });

  test("never shows what might be a token", () => {
    expect(egressProblem("1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")).not.toContain("AAHd");
  });
});

describe("egressAllows", () => {
  test.each([
    [["10.0.0.5:8000"], "10.0.0.5", 8000, true],
    [["10.0.0.5:8000"], "10.0.0.5", 8001, false],
    [["10.0.0.5:8000"], "10.0.0.6", 8000, false],
    [["10.0.0.0/24"], "10.0.0.6", 1, true],
    [["10.0.0.0/24"], "10.0.1.6", 1, false],
    [["192.168.0.0/24", "10.0.0.6:1"], "10.0.0.6", 1, true],
    [["fd00::/64"], "[fd00::7]", 8000, true],
    [["fd00::/64"], "[fd00:0:0:1::7]", 8000, false],
    [["[fd00::7]:8000"], "[fd00:0::7]", 8000, true],
    [["fd00::/64"], "10.0.0.6", 8000, false],
    [["10.0.0.5:8000"], undefined, 8000, true],
    [["10.0.0.5:8000"], undefined, 8001, false],
    [[], undefined, 8000, false],
  ])("%j and %s, port %i: %s", (entries, host, port, expected) => {
    expect(egressAllows(entries, host, port)).toBe(expected);
  });

  test.each(["10.0.0.5", "[fd00::5]", "[::ffff:a00:5]"])("the entry made for %s opens it and is in order", (host) => {
    const entry = egressEntry(host, 8000);
    expect([egressAllows([entry], host, 8000), egressProblem(entry)]).toEqual([true, undefined]);
  });
});
