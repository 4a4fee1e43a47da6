import type { Secret } from "../../agents/secret.ts";

/** Access to the Tailscale API, for the removal of a replaced host's device. */
export interface TailnetApi {
  /** Such as `https://api.tailscale.com`. */
  readonly url: string;
  /** Name of the tailnet, or `-` for the credential's own. */
  readonly tailnet: string;
  readonly credential: ApiKey | OauthClient;
}

interface ApiKey {
  readonly apiKey: Secret;
}

/** Needs the scope `devices:core` and the device's tag. */
interface OauthClient {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** A node of the tailnet as its hosts are looked for. */
export interface Node {
  /** As the machine calls itself; the tailnet may have added a number to its name. */
  readonly hostname: string;
  readonly tags: readonly string[];
}

/**
 * A device as the API lists it; `lastSeen` is absent while it is connected.
 * https://tailscale.com/api#tag/devices/get/tailnet/{tailnet}/devices
 */
interface Device {
  readonly id: string;
  readonly hostname: string;
  readonly tags?: readonly string[];
  readonly connectedToControl?: boolean;
  readonly lastSeen?: string;
}

/** Milliseconds until an answer of the API is given up. */
const TIMEOUT_MS = 30_000;

/** How long a deleted VM may still look connected, in milliseconds; the control plane took 10 s in a measured case. */
const GOES_OFFLINE_WITHIN_MS = 180_000;

/** Milliseconds between two looks at a device that should go offline. */
const LOOK_EVERY_MS = 5_000;

/** Devices of a host, connected or not. */
export async function devicesOf(api: TailnetApi, node: Node): Promise<readonly Device[]> {
  return matching(await list(await open(api)), node);
}

/** What a removal did not have from its caller: the time. */
export interface Clock {
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Removes what is left of a deleted host, so that the next one gets its name; refuses while one is connected. */
export async function removeDevices(api: TailnetApi, node: Node, clock: Clock = CLOCK): Promise<readonly string[]> {
  const session = await open(api);
  const until = clock.now() + GOES_OFFLINE_WITHIN_MS;
  let devices = matching(await list(session), node);
  while (devices.some(isConnected) && clock.now() < until) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    await clock.sleep(LOOK_EVERY_MS);
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    devices = matching(await list(session), node);
  }
  const connected = devices.find(isConnected);
  if (connected !== undefined) {
    throw new Error(
      `the tailnet has a connected device "${node.hostname}" with ${tagsOf(node)} (id ${connected.id}): a second machine of that name would be called otherwise and not be found, so rename or remove that one, or change roost:host.hostname`,
    );
  }
  await Promise.all(devices.map(({ id }) => call(session, "DELETE", `device/${encodeURIComponent(id)}`, GONE)));
  return devices.map(({ id }) => id);
}

/** A device's tags, for a message. */
export function tagsOf({ tags }: Node): string {
  return tags.join(", ");
}

function matching(devices: readonly Device[], { hostname, tags }: Node): Device[] {
  return devices.filter(
    (device) => device.hostname === hostname && tags.every((tag) => device.tags?.includes(tag) === true),
  );
}

function isConnected({ connectedToControl, lastSeen }: Device): boolean {
  return connectedToControl ?? lastSeen === undefined;
}

interface Session {
  readonly api: TailnetApi;
  readonly token: string;
}

/** A removal that was cut off after it worked is no failure. */
const GONE = [404];

async function open(api: TailnetApi): Promise<Session> {
  const { credential } = api;
  if ("apiKey" in credential) return { api, token: credential.apiKey.reveal() };
  const form = new URLSearchParams({
    client_id: credential.clientId,
    client_secret: credential.clientSecret.reveal(),
    grant_type: "client_credentials",
  });
  const response = await request(api, "oauth/token", { method: "POST", body: form });
  const answer: unknown = response.ok ? await response.json() : undefined;
  const token = (answer as { access_token?: unknown } | undefined)?.access_token; // checked below
  if (typeof token !== "string") {
    throw new Error(`the Tailscale API refused the OAuth client (${response.status}): check its id and secret`);
  }
  return { api, token };
}

async function list(session: Session): Promise<readonly Device[]> {
  const answer = await call(session, "GET", `tailnet/${encodeURIComponent(session.api.tailnet)}/devices`);
  const devices = (answer as { devices?: unknown } | null)?.devices; // checked below
  if (!Array.isArray(devices)) throw new Error("the Tailscale API answered without a list of devices");
  return devices as Device[]; // as the API's reference says
}

async function call(
  { api, token }: Session,
  method: string,
  path: string,
  accepted: readonly number[] = [],
): Promise<unknown> {
  const response = await request(api, path, { method, headers: { authorization: `Bearer ${token}` } });
  if (response.ok) return method === "GET" ? await response.json() : undefined;
  if (accepted.includes(response.status)) return undefined;
  const need =
    response.status === 401 || response.status === 403
      ? ": the credential must be valid and have the scope devices:core"
      : "";
  throw new Error(`the Tailscale API answered ${response.status} to ${method} ${path}${need}`);
}

async function request(api: TailnetApi, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${api.url.replace(/\/$/, "")}/api/v2/${path}`, {
      ...init,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : { message: String(error) };
    const reason = cause instanceof Error && cause.message !== "" ? cause.message : message;
    throw new Error(`the Tailscale API at ${api.url} could not be reached (${reason})`, { cause: error });
  }
}
