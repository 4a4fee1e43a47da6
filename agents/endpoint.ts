import { egressAllows, egressEntry, hostScope } from "./egress.ts";
import type { Problem } from "./problem.ts";

/** What an agent reaches at an address: a proxy only carries TLS that ends elsewhere, a model service reads key and messages. */
export type Service = "model" | "proxy";

/** What stands against an agent's use of an address, at its key: not reachable from its container, or readable on the way. */
export function endpointProblems(path: string, text: string, egress: readonly string[], service: Service): Problem[] {
  const message = endpointProblem(new URL(text), egress, service);
  return message === undefined ? [] : [{ path, message }];
}

function endpointProblem(url: URL, egress: readonly string[], service: Service): string | undefined {
  // A URL leaves out the port that is its scheme's default; the schema asks for one with every other scheme.
  const standard = url.protocol === "https:" ? 443 : 80;
  const port = url.port === "" ? standard : Number(url.port);
  const scope = hostScope(url.hostname);
  if (scope === "own") {
    return `must be an address outside the container, got ${url.hostname}, which is the container's own: use the private address of the machine that serves it`;
  }
  if (scope === "private") {
    if (egressAllows(egress, url.hostname, port)) return undefined;
    return `must be reachable: private addresses are closed, so add "${egressEntry(url.hostname, port)}" to egress`;
  }
  if (scope === "private-name") {
    if (egressAllows(egress, undefined, port)) return undefined;
    return `must be reachable: ${url.hostname} is a private name, so add its address as "<address>:${port}" to egress`;
  }
  if (service === "proxy" || url.protocol === "https:") return undefined;
  return "must begin with https://: key and messages would cross the internet in the clear";
}
