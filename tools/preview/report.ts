import { styleText } from "node:util";
import type { StackPreview } from "./evaluate.ts";
import type { HostSummary } from "./host-summary.ts";
import type { ResourceSummary } from "./resource-summary.ts";

/** The preview of one stack for a person; `styleText` leaves colours out where none are wanted. */
export function report(preview: StackPreview): string {
  const lines = [styleText("bold", preview.stack)];
  if (preview.problems.length > 0) {
    lines.push(...preview.problems.map((problem) => `${styleText("red", "refused:")} ${problem}`));
  } else {
    lines.push(...tree(preview.resources), "", ...preview.hosts.flatMap(hostLines));
  }
  lines.push(...preview.warnings.map((warning) => `${styleText("yellow", "warning:")} ${warning}`));
  return `${lines.join("\n")}\n`;
}

function tree(resources: readonly ResourceSummary[]): string[] {
  const urns = new Set(resources.map(({ urn }) => urn));
  const children = Map.groupBy(resources, ({ parent }) => (urns.has(parent) ? parent : ""));
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  return branch(children, stack?.urn ?? "", "");
}

function branch(children: Map<string, ResourceSummary[]>, parent: string, indent: string): string[] {
  const own = (children.get(parent) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return own.flatMap((resource, index) => {
    const last = index === own.length - 1;
    const about = resource.about === "" ? "" : `  ${resource.about}`;
    return [
      `${indent}${last ? "└─" : "├─"} ${resource.name}  ${styleText("dim", resource.type)}${about}`,
      ...branch(children, resource.urn, `${indent}${last ? "  " : "│ "} `),
    ];
  });
}

function hostLines(host: HostSummary): string[] {
  const { policy, oauthScopes } = host.tailnet;
  return [
    `host ${host.hostname} (${host.plan} in ${host.region}, generation ${host.generation}${host.parked ? ", parked: no VM" : ""})`,
    `  units    ${host.units.join(" ")}`,
    ...host.images.map((image, index) => `  ${index === 0 ? "images  " : "        "} ${image}`),
    `  size     user data ${host.userDataBytes} bytes, release ${host.releaseBytes} bytes`,
    `  price    ${host.usdPerMonth === null ? "not known" : `${host.usdPerMonth} USD a month before tax`}`,
    ...host.priceNotes.map((note) => `           ${note}`),
    `  tailnet  policy needs ${JSON.stringify(policy)}`,
    `           the OAuth client needs the scopes ${oauthScopes.join(", ")}`,
  ];
}
