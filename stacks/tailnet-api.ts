import { readFileSync } from "node:fs";
import { Secret } from "../agents/secret.ts";
import type { TailnetApi } from "../components/tailnet/devices.ts";
import { providerSetting } from "./config.ts";

/**
 * The provider's own settings, read as it reads them: config, then environment.
 * https://www.pulumi.com/registry/packages/tailscale/installation-configuration/
 */
const VARIABLES = {
  apiKey: "TAILSCALE_API_KEY",
  oauthClientId: "TAILSCALE_OAUTH_CLIENT_ID",
  oauthClientSecret: "TAILSCALE_OAUTH_CLIENT_SECRET",
  tailnet: "TAILSCALE_TAILNET",
  baseUrl: "TAILSCALE_BASE_URL",
} as const;

/** Access to the Tailscale API with the provider's credential; absent when it has neither API key nor OAuth client. */
export function tailnetApi(): TailnetApi | undefined {
  const apiKey = setting("apiKey");
  const clientId = setting("oauthClientId");
  const clientSecret = setting("oauthClientSecret");
  const place = { url: setting("baseUrl") ?? "https://api.tailscale.com", tailnet: setting("tailnet") ?? "-" };
  if (apiKey !== undefined) return { ...place, credential: { apiKey: new Secret(apiKey) } };
  if (clientId === undefined || clientSecret === undefined) return undefined;
  return { ...place, credential: { clientId, clientSecret: new Secret(clientSecret) } };
}

function setting(key: keyof typeof VARIABLES): string | undefined {
  const value = providerSetting("tailscale", key) ?? process.env[VARIABLES[key]];
  if (value === undefined || value === "") return undefined;
  return value.startsWith("file:") ? readFileSync(value.slice("file:".length), "utf8").trim() : value;
}
