/** Seconds that a tailnet key must still be good for: a drain, a creation and a first boot have to fit. */
const KEY_MARGIN_SECONDS = 3600;

/** Why a VM may not be deleted, or `undefined`: only the word for this generation lets it go. */
export function wordProblem(generation: number, replace: number | undefined): string | undefined {
  if (replace === generation) return undefined;
  const got = replace === undefined ? "nothing" : String(replace);
  return `only the word lets the VM go: set roost:host.replace: ${generation} (it has ${got}) and run \`up\`, also before a destroy; or take the new generation back`;
}

/** Why a host may not come back from parking, or `undefined`; generations begin at 1, and 0 is none. */
export function parkingProblem(parked: number, next: number, generation: number): string | undefined {
  if (parked === 0 || next !== 0 || generation > parked) return undefined;
  return `generation ${parked} was parked and cannot come back: set roost:host.generation: ${parked + 1}, which restores its last snapshots`;
}

/** A generation's tailnet key. */
export interface KeyState {
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly urn: string;
}

/** Why a host cannot be made with its key, or `undefined`. */
export function keyProblem({ expiresAt, urn }: KeyState, stack: string, nowMs: number): string | undefined {
  if (Date.parse(expiresAt) - nowMs > KEY_MARGIN_SECONDS * 1000) return undefined;
  return `the tailnet key for the new host is good only until ${expiresAt}, and a host needs it for up to an hour: make another with pulumi up --stack ${stack} --replace '${urn}'`;
}

/** The generation that a VM's tags name; absent from a VM that this program did not make. */
export function taggedGeneration(tags: unknown): number | undefined {
  const found = (Array.isArray(tags) ? tags : []).flatMap((tag) => /^g(\d+)$/.exec(String(tag))?.[1] ?? []);
  return found[0] === undefined ? undefined : Number(found[0]);
}
