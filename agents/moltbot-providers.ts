/**
 * Model services whose plugin is part of OpenClaw 2026.9.6 and whose address it knows: provider id and host.
 * The plugin has the provider's id. Others need a `baseUrl`.
 */
const BUILT_IN: Readonly<Record<string, string>> = {
  anthropic: "api.anthropic.com",
  google: "generativelanguage.googleapis.com",
  huggingface: "router.huggingface.co",
  minimax: "api.minimax.io",
  nvidia: "integrate.api.nvidia.com",
  openai: "api.openai.com",
  openrouter: "openrouter.ai",
  together: "api.together.xyz",
  xai: "api.x.ai",
};

/** Names of the providers that need no `baseUrl`, sorted. */
export const BUILT_IN_PROVIDERS: readonly string[] = Object.keys(BUILT_IN);

/** Host of a provider that OpenClaw knows by name, `undefined` of any other. */
export function builtInHost(provider: string): string | undefined {
  return new Map(Object.entries(BUILT_IN)).get(provider);
}

/** The part of a model reference before its first slash. */
export function providerOf(model: string): string {
  return model.slice(0, model.indexOf("/"));
}

/** The part of a model reference after its first slash: the provider's own name of the model. */
export function modelIdOf(model: string): string {
  return model.slice(model.indexOf("/") + 1);
}
