import type { Manifest } from "../../components/release/manifest.ts";
import { monthlyUsd } from "../../cost/estimate.ts";
import type { Registered } from "../record.ts";
import type { HostArtifacts } from "./artifacts.ts";

/** A host as a preview shows it. */
export interface HostSummary {
  readonly name: string;
  readonly hostname: string;
  readonly region: string;
  readonly plan: string;
  readonly generation: number;
  /** Whether its VM is away. */
  readonly parked: boolean;
  /** Systemd units of the agents. */
  readonly units: readonly string[];
  /** Container images, by digest. */
  readonly images: readonly string[];
  readonly userDataBytes: number;
  readonly releaseBytes: number;
  /** Before tax; `null` while the plan's price is not known. */
  readonly usdPerMonth: number | null;
  /** What the price leaves out. */
  readonly priceNotes: readonly string[];
  readonly tailnet: TailnetNeeds;
}

/** What this host needs of the tailnet's policy file and of the deployer's OAuth client. */
export interface TailnetNeeds {
  readonly policy: {
    readonly tagOwners: Readonly<Record<string, readonly string[]>>;
    readonly ssh: readonly SshRule[];
  };
  /** Scopes of the OAuth client: it makes the host's key, and removes the device of a replaced one. */
  readonly oauthScopes: readonly string[];
}

interface SshRule {
  readonly action: "accept";
  readonly src: readonly string[];
  readonly dst: readonly string[];
  readonly users: readonly string[];
}

/** Puts together what a preview says about one host. */
export function summariseHost(host: HostArtifacts, resources: readonly Registered[]): HostSummary {
  const tags = (one(resources, "tailscale:index/tailnetKey:TailnetKey").inputs["tags"] as string[] | undefined) ?? []; // TailnetKey sets them
  const { machine, parked } = host;
  const price = monthlyUsd({ plan: machine.plan, parked });
  return {
    name: host.name,
    ...machine,
    generation: host.generation,
    parked,
    units: Object.keys(manifestOf(host).units),
    images: imagesOf(host),
    userDataBytes: host.userDataBytes,
    releaseBytes: host.releaseBytes,
    usdPerMonth: price.usdPerMonth ?? null,
    priceNotes: price.notes,
    tailnet: {
      policy: {
        tagOwners: Object.fromEntries(tags.map((tag) => [tag, ["autogroup:admin"]])),
        ssh: [{ action: "accept", src: ["autogroup:admin"], dst: tags, users: ["core"] }],
      },
      oauthScopes: ["auth_keys", "devices:core"],
    },
  };
}

function manifestOf({ release }: HostArtifacts): Manifest {
  const entry = release.find(({ path }) => path === "manifest.json");
  if (entry === undefined || "target" in entry) throw new Error("the release holds no manifest");
  return JSON.parse(entry.content) as Manifest; // HostRelease wrote it
}

function imagesOf({ release }: HostArtifacts): string[] {
  const images = release.flatMap((entry) =>
    "target" in entry
      ? []
      : [...entry.content.matchAll(/^Image=(\S+@sha256:[0-9a-f]{64})$/gm)].map(([, image = ""]) => image),
  );
  return [...new Set(images)].toSorted();
}

function one(resources: readonly Registered[], type: string): Registered {
  const [found, ...more] = resources.filter((resource) => resource.type === type);
  if (found === undefined || more.length > 0)
    throw new Error(`a host has one ${type}, found ${more.length + (found ? 1 : 0)}`);
  return found;
}
