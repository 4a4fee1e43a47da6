import { hostScope } from "./egress.ts";
import { endpointProblems } from "./endpoint.ts";
import { nearest } from "./keys.ts";
import { CHANNELS } from "./nanobot-channels.ts";
import { leastMemoryMib } from "./nanobot-memory.ts";
import { maxTemperature, PROVIDER_NAMES, providerKind, strangePrefix } from "./nanobot-providers.ts";
import type { NanobotArgs } from "./nanobot-schema.ts";
import type { Problem } from "./problem.ts";

/** What is wrong between the keys of one agent; single values are the schema's. */
export function nanobotProblems(args: NanobotArgs): Problem[] {
  return [...channelProblems(args), ...accessProblems(args), ...providerProblems(args), ...modelProblems(args)];
}

function channelProblems(args: NanobotArgs): Problem[] {
  const { telegram, egress, memoryMib } = args;
  const problems: Problem[] = [];
  if (CHANNELS.every((channel) => args[channel] === undefined)) {
    problems.push({
      path: "telegram",
      message: "must be given, or discord, whatsapp or feishu: without a channel nobody reaches the agent",
    });
  }
  const least = leastMemoryMib(args);
  if (memoryMib < least) {
    problems.push({
      path: "memoryMib",
      message: `must be at least ${least} MiB with these channels, whose libraries are large, got ${memoryMib}`,
    });
  }
  if (telegram?.proxy !== undefined)
    problems.push(...endpointProblems("telegram.proxy", telegram.proxy, egress, "proxy"));
  return problems;
}

function accessProblems(args: NanobotArgs): Problem[] {
  const problems: Problem[] = [];
  for (const channel of CHANNELS) {
    const people = args[channel]?.allowFrom;
    if (people?.length === 0 && !args.pairing) {
      problems.push({
        path: `${channel}.allowFrom`,
        message:
          "must name at least one id, got an empty list: with it the agent answers nobody until it is paired, which pairing: true accepts",
      });
    }
    for (const [index, person] of (people ?? []).entries()) {
      if (person !== "*" || args.public) continue;
      problems.push({
        path: `${channel}.allowFrom[${index}]`,
        message: 'must be an id, got "*": it lets anybody use the agent and its model key, which public: true accepts',
      });
    }
  }
  if (args.public && args.exec.enable) {
    problems.push({ path: "exec.enable", message: "must be false beside public: true: anybody would get a shell" });
  }
  if (args.whatsapp !== undefined && args.exec.enable) {
    problems.push({
      path: "exec.enable",
      message: "must be false beside whatsapp: a shell could copy the pairing, and with it the account",
    });
  }
  return problems;
}

function providerProblems({ provider, egress }: NanobotArgs): Problem[] {
  const { name, apiKey, apiBase } = provider;
  const { kind } = providerKind(name);
  const problems: Problem[] = [];
  if (apiBase === undefined && kind !== "hosted") {
    problems.push({ path: "provider.apiBase", message: missingBase(name, kind) });
  }
  if (apiBase !== undefined) problems.push(...endpointProblems("provider.apiBase", apiBase, egress, "model"));
  if (apiKey !== undefined) return problems;
  if (kind === "hosted" || kind === "azure") {
    problems.push({ path: "provider.apiKey", message: `must be given: ${name} answers nothing without a key` });
  } else if (apiBase !== undefined && isPublic(apiBase)) {
    problems.push({
      path: "provider.apiKey",
      message: "must be given for a public apiBase: a service that asks for none is open to everybody",
    });
  }
  return problems;
}

function missingBase(name: string, kind: string): string {
  if (kind === "azure")
    return 'must be given: the address of your Azure resource, "https://<resource>.openai.azure.com"';
  if (kind === "self-hosted") {
    return `must be given: the default of ${name} is the container itself, where nothing answers`;
  }
  const meant = nearest(name, PROVIDER_NAMES);
  const hint = meant === undefined ? "" : `; did you mean provider.name "${meant}"?`;
  return `must be given for a provider that nanobot does not know by name${hint}`;
}

function isPublic(url: string): boolean {
  return hostScope(new URL(url).hostname).startsWith("public");
}

function modelProblems({ provider, model, temperature, maxTokens, contextWindowTokens }: NanobotArgs): Problem[] {
  const problems: Problem[] = [];
  const prefix = provider.apiBase === undefined ? strangePrefix(provider.name, model) : undefined;
  if (prefix !== undefined) {
    problems.push({
      path: "model",
      message: `must be the name that ${provider.name} itself uses, got one that begins with "${prefix}/": drop the prefix or change provider.name`,
    });
  }
  const hottest = maxTemperature(provider.name);
  if (temperature > hottest) {
    problems.push({
      path: "temperature",
      message: `must be at most ${hottest} for ${provider.name}, got ${temperature}`,
    });
  }
  if (maxTokens >= contextWindowTokens) {
    problems.push({
      path: "maxTokens",
      message: `must be less than contextWindowTokens (${contextWindowTokens}), got ${maxTokens}`,
    });
  }
  return problems;
}
