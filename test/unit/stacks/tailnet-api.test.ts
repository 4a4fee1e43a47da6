import * as pulumi from "@pulumi/pulumi";
import { expect, onTestFinished, test, vi } from "vitest";
import { Secret } from "../../../agents/secret.ts";
import { tailnetApi } from "../../../stacks/tailnet-api.ts";

const NONE = {
  TAILSCALE_API_KEY: "",
  TAILSCALE_OAUTH_CLIENT_ID: "",
  TAILSCALE_OAUTH_CLIENT_SECRET: "",
  TAILSCALE_TAILNET: "",
  TAILSCALE_BASE_URL: "",
};

function given(environment: Partial<typeof NONE>, config: Record<string, string> = {}) {
  for (const [name, value] of Object.entries({ ...NONE, ...environment })) vi.stubEnv(name, value);
  pulumi.runtime.setAllConfig(config);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    pulumi.runtime.setAllConfig({});
  });
  return tailnetApi();
}

test("is absent without an API key and without a whole OAuth client", () => {
  expect(given({ TAILSCALE_OAUTH_CLIENT_ID: "c1" })).toBeUndefined();
});

test("takes the provider's environment", () => {
  const api = given({ TAILSCALE_OAUTH_CLIENT_ID: "c1", TAILSCALE_OAUTH_CLIENT_SECRET: "s1" });
  expect(JSON.stringify(api)).toBe(
    '{"url":"https://api.tailscale.com","tailnet":"-","credential":{"clientId":"c1","clientSecret":"[secret]"}}',
  );
});

test("takes the provider's config before its environment", () => {
  const api = given({ TAILSCALE_TAILNET: "a.example" }, { "tailscale:apiKey": "k1", "tailscale:tailnet": "b.example" });
  expect(api).toMatchObject({ tailnet: "b.example" });
  const credential = api?.credential;
  expect(credential).toEqual({ apiKey: expect.any(Secret) });
});
