import { endpointProblems } from "./endpoint.ts";
import { nearest } from "./keys.ts";
import { BUILT_IN_PROVIDERS, builtInHost, providerOf } from "./moltbot-providers.ts";
import type { MoltbotArgs } from "./moltbot-schema.ts";
import type { Problem } from "./problem.ts";

const CHANNELS = ["discord", "telegram"] as const;

/** What is wrong between the keys of the Moltbot gateway; single values are the schema's. */
export function moltbotProblems(args: MoltbotArgs): Problem[] {
  return [
    ...channelProblems(args),
    ...groupProblems(args),
    ...ownerProblems(args),
    ...modelProblems(args),
    ...providerProblems(args),
    ...onepasswordProblems(args),
    ...repeated("fallbacks", args.fallbacks),
    ...repeated("egress", args.egress),
  ];
}

function channelProblems(args: MoltbotArgs): Problem[] {
  if (CHANNELS.every((channel) => args[channel] === undefined)) {
    return [{ path: "discord", message: "must be given, or telegram: without a channel nobody reaches Moltbot" }];
  }
  return CHANNELS.flatMap((channel): Problem[] => {
    const settings = args[channel];
    if (settings === undefined) return [];
    if (settings.dmPolicy === "pairing" || settings.allowFrom.length > 0) {
      return repeated(`${channel}.allowFrom`, settings.allowFrom);
    }
    return [
      {
        path: `${channel}.allowFrom`,
        message:
          'must name at least one id with dmPolicy "allowlist", got an empty list: every private message would be dropped',
      },
    ];
  });
}

/** Telegram takes the senders of a group from the group's list or `allowFrom`, never from who was paired. */
function groupProblems({ telegram }: MoltbotArgs): Problem[] {
  if (telegram === undefined || telegram.allowFrom.length > 0) return [];
  return Object.entries(telegram.groups).flatMap(([id, group]) =>
    group.allowFrom === undefined
      ? [
          {
            path: `telegram.groups.${id}.allowFrom`,
            message:
              "must name who may use the bot there, or telegram.allowFrom must: pairing admits to private chats only, so it would answer nobody",
          },
        ]
      : [],
  );
}

function ownerProblems(args: MoltbotArgs): Problem[] {
  const problems = repeated("ownerAllowFrom", args.ownerAllowFrom);
  for (const [index, owner] of args.ownerAllowFrom.entries()) {
    const channel = owner.startsWith("discord:") ? "discord" : "telegram";
    if (args[channel] !== undefined) continue;
    problems.push({
      path: `ownerAllowFrom[${index}]`,
      message: `must be of a channel that is set up: there is no ${channel}`,
    });
  }
  const pairing = CHANNELS.find((channel) => args[channel]?.dmPolicy === "pairing");
  if (args.ownerAllowFrom.length === 0 && pairing !== undefined) {
    problems.push({
      path: "ownerAllowFrom",
      message: `must name the owner, such as "${pairing}:<user id>", because ${pairing}.dmPolicy is "pairing": OpenClaw would write the first approved person into its config, which is read-only`,
    });
  }
  return problems;
}

function modelProblems({ model, fallbacks, providers }: MoltbotArgs): Problem[] {
  const references = [
    { path: "model", model },
    ...fallbacks.map((fallback, index) => ({ path: `fallbacks[${index}]`, model: fallback })),
  ];
  return references.flatMap((reference) => {
    const name = providerOf(reference.model);
    if (Object.hasOwn(providers, name)) return [];
    const meant = nearest(name, Object.keys(providers));
    const fix = meant === undefined ? `add providers.${name}.apiKey` : `did you mean "${meant}"?`;
    return [
      {
        path: reference.path,
        message: `must name a provider that has a key, got "${name}", which is not in providers: ${fix}`,
      },
    ];
  });
}

function providerProblems(args: MoltbotArgs): Problem[] {
  const used = new Set([args.model, ...args.fallbacks].map(providerOf));
  return Object.entries(args.providers).flatMap(([name, { baseUrl, api, contextWindow, maxTokens }]) => {
    const path = `providers.${name}`;
    const problems: Problem[] = [];
    if (baseUrl !== undefined) problems.push(...endpointProblems(`${path}.baseUrl`, baseUrl, args.egress, "model"));
    if (builtInHost(name) !== undefined) {
      for (const [key, value] of Object.entries({ api, contextWindow, maxTokens })) {
        if (value === undefined) continue;
        problems.push({ path: `${path}.${key}`, message: `must be left out: OpenClaw knows it of ${name}` });
      }
      return problems;
    }
    if (baseUrl === undefined) problems.push({ path: `${path}.baseUrl`, message: missingBase(name) });
    if (!used.has(name)) {
      problems.push({
        path,
        message: `must be the provider of model or of a fallback: OpenClaw knows no models of ${name}`,
      });
    }
    return problems;
  });
}

function missingBase(name: string): string {
  const meant = nearest(name, BUILT_IN_PROVIDERS);
  const hint = meant === undefined ? `it knows ${BUILT_IN_PROVIDERS.join(", ")}` : `did you mean "${meant}"?`;
  return `must be given for a provider that OpenClaw 2026.9.6 does not know by name: ${hint}`;
}

function onepasswordProblems({ onepassword }: MoltbotArgs): Problem[] {
  const seen = new Map<string, string>();
  return Object.entries(onepassword?.items ?? {}).flatMap(([slug, { item, field }]) => {
    const target = `${item}\n${field}`;
    const first = seen.get(target);
    if (first === undefined) seen.set(target, slug);
    return first === undefined
      ? []
      : [
          {
            path: `onepassword.items.${slug}`,
            message: `must be another field than that of "${first}": two slugs of one field would have two policies`,
          },
        ];
  });
}

function repeated(path: string, values: readonly string[]): Problem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index ? [{ path: `${path}[${index}]`, message: "must not be listed twice" }] : [],
  );
}
