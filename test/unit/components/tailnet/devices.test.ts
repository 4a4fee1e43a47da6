import { expect, onTestFinished, test, vi } from "vitest";
import { Secret } from "../../../../agents/secret.ts";
import { devicesOf, removeDevices, type TailnetApi } from "../../../../components/tailnet/devices.ts";

const API: TailnetApi = {
  url: "https://api.tailscale.com",
  tailnet: "-",
  credential: { apiKey: new Secret("tskey-api-x") },
};
const NODE = { hostname: "nest", tags: ["tag:roost"] };
const SEEN = "2026-01-01T00:00:00Z";
const device = (id: string, more: object = {}) => ({
  id,
  hostname: "nest",
  tags: ["tag:roost"],
  lastSeen: SEEN,
  ...more,
});

/** Answers each request from a script; what was asked is kept. */
function serve(answer: (request: string, init: RequestInit) => Response): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const request = `${init.method} ${url.replace("https://api.tailscale.com/api/v2/", "")}`;
    asked.push(request);
    return answer(request, init);
  });
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  return asked;
}

const listing = (...devices: object[]) => Response.json({ devices });

/** Time that passes only when somebody waits. */
function stoppedClock() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test("removes the offline devices of this hostname and tag, and no others", async () => {
  const asked = serve((request) =>
    request.startsWith("GET")
      ? listing(device("1"), device("2", { hostname: "nest-1" }), device("3", { tags: [] }), device("4"))
      : Response.json(null),
  );
  expect(await removeDevices(API, NODE)).toEqual(["1", "4"]);
  expect(asked).toEqual(["GET tailnet/-/devices", "DELETE device/1", "DELETE device/4"]);
});

test("asks with the API key", async () => {
  let sent: RequestInit = {};
  serve((_request, init) => {
    sent = init;
    return listing();
  });
  await devicesOf(API, NODE);
  expect(sent.headers).toEqual({ authorization: "Bearer tskey-api-x" });
});

test("asks with a token of the OAuth client", async () => {
  const sent: RequestInit[] = [];
  const asked = serve((request, init) => {
    sent.push(init);
    return request.includes("oauth") ? Response.json({ access_token: "t1" }) : listing();
  });
  await devicesOf({ ...API, credential: { clientId: "c1", clientSecret: new Secret("s1") } }, NODE);
  expect(asked).toEqual(["POST oauth/token", "GET tailnet/-/devices"]);
  expect(sent[0]?.body).toEqual(
    new URLSearchParams({ client_id: "c1", client_secret: "s1", grant_type: "client_credentials" }),
  );
  expect(sent[1]?.headers).toEqual({ authorization: "Bearer t1" });
});

test("waits for the device of a VM that has just gone", async () => {
  const answers = [device("1", { connectedToControl: true }), device("1", { connectedToControl: false })];
  const asked = serve((request) => (request.startsWith("GET") ? listing(answers.shift() ?? {}) : Response.json(null)));
  expect(await removeDevices(API, NODE, stoppedClock())).toEqual(["1"]);
  expect(asked).toHaveLength(3);
});

test.each([
  ["says so", { connectedToControl: true }],
  ["was never last seen", { lastSeen: undefined }],
])("removes nothing while a device %s and so is connected", async (_what, more) => {
  const asked = serve(() => listing(device("1"), device("2", more)));
  await expect(removeDevices(API, NODE, stoppedClock())).rejects.toThrow(
    'the tailnet has a connected device "nest" with tag:roost (id 2): ',
  );
  expect(asked.filter((request) => request.startsWith("DELETE"))).toEqual([]);
});

test("takes a device that is gone already for removed", async () => {
  serve((request) => (request.startsWith("GET") ? listing(device("1")) : new Response(null, { status: 404 })));
  expect(await removeDevices(API, NODE)).toEqual(["1"]);
});

test.each([
  [
    403,
    "the Tailscale API answered 403 to GET tailnet/-/devices: the credential must be valid and have the scope devices:core",
  ],
  [500, "the Tailscale API answered 500 to GET tailnet/-/devices"],
])("says in one line that the API answered %i, and shows no key", async (status, message) => {
  serve(() => new Response("tskey-api-x", { status }));
  await expect(devicesOf(API, NODE)).rejects.toThrow(new Error(message));
});

test("says why the API could not be reached", async () => {
  serve(() => {
    throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9") });
  });
  await expect(devicesOf(API, NODE)).rejects.toThrow(
    "the Tailscale API at https://api.tailscale.com could not be reached (connect ECONNREFUSED 127.0.0.1:9)",
  );
});

test("says that the OAuth client was refused", async () => {
  serve(() => new Response(null, { status: 401 }));
  const api = { ...API, credential: { clientId: "c1", clientSecret: new Secret("s1") } };
  await expect(devicesOf(api, NODE)).rejects.toThrow(
    "the Tailscale API refused the OAuth client (401): check its id and secret",
  );
});
