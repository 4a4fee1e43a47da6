import { plainWord } from "./keys.ts";

/** Model services that nanobot-ai 0.3.5 knows: the key below `providers` and the host of its default address. */
const HOSTED = {
  aihubmix: "aihubmix.com",
  antLing: "api.ant-ling.com",
  anthropic: "api.anthropic.com",
  byteplus: "ark.ap-southeast.bytepluses.com",
  byteplusCodingPlan: "ark.ap-southeast.bytepluses.com",
  dashscope: "dashscope.aliyuncs.com",
  deepseek: "api.deepseek.com",
  edenai: "api.edenai.run",
  gemini: "generativelanguage.googleapis.com",
  groq: "api.groq.com",
  huggingface: "router.huggingface.co",
  kimiCoding: "api.kimi.com",
  longcat: "api.longcat.chat",
  minimax: "api.minimax.io",
  minimaxAnthropic: "api.minimax.io",
  mistral: "api.mistral.ai",
  modelscope: "api-inference.modelscope.cn",
  moonshot: "api.moonshot.ai",
  novita: "api.novita.ai",
  nvidia: "integrate.api.nvidia.com",
  openai: "api.openai.com",
  opencode: "opencode.ai",
  opencodeGo: "opencode.ai",
  opencodeZen: "opencode.ai",
  openrouter: "openrouter.ai",
  orcarouter: "api.orcarouter.ai",
  qianfan: "qianfan.baidubce.com",
  siliconflow: "api.siliconflow.cn",
  skywork: "api.apifree.ai",
  stepfun: "api.stepfun.com",
  volcengine: "ark.cn-beijing.volces.com",
  volcengineCodingPlan: "ark.cn-beijing.volces.com",
  xiaomiMimo: "api.xiaomimimo.com",
  zhipu: "open.bigmodel.cn",
} as const;

/** Their default address is the container's own, or none. */
const SELF_HOSTED = ["atomicChat", "custom", "lmStudio", "ollama", "ovms", "vllm"];

const OAUTH = "it signs in by OAuth in a browser and keeps the token outside the state volume";

/** What nanobot knows and roost does not run, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  assemblyai: "it transcribes speech and has no chat model",
  bedrock: "it needs boto3 and AWS credentials, which the image does not hold; use a gateway such as openrouter",
  githubCopilot: OAUTH,
  openaiCodex: OAUTH,
  xaiGrok: OAUTH,
};

/** They speak Anthropic's Messages API, whose temperature ends at 1. */
const MESSAGES_API = new Set(["anthropic", "kimiCoding", "minimaxAnthropic"]);

/** Their own model names hold no slash, and nanobot sends the name on as it is (Anthropic's own prefix apart). */
const OWN_NAMES = new Set(["anthropic", "deepseek", "gemini", "mistral", "moonshot", "openai"]);

/** What roost knows of a provider by its name. */
export type ProviderKind =
  | { readonly kind: "hosted"; readonly host: string }
  | { readonly kind: "azure" }
  | { readonly kind: "self-hosted" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unknown" };

/** Every name of nanobot that roost runs, sorted. */
export const PROVIDER_NAMES: readonly string[] = [...Object.keys(HOSTED), ...SELF_HOSTED, "azureOpenai"].toSorted();

/** How a provider is reached; `unknown` is a custom one, which nanobot takes for OpenAI-compatible. */
export function providerKind(name: string): ProviderKind {
  const host = new Map<string, string>(Object.entries(HOSTED)).get(name);
  if (host !== undefined) return { kind: "hosted", host };
  if (name === "azureOpenai") return { kind: "azure" };
  if (SELF_HOSTED.includes(name)) return { kind: "self-hosted" };
  const reason = new Map(Object.entries(REFUSED)).get(name);
  return reason === undefined ? { kind: "unknown" } : { kind: "refused", reason };
}

/** nanobot's spelling of a name that differs from it in case, hyphens or underscores only. */
export function providerSpelling(name: string): string | undefined {
  return [...PROVIDER_NAMES, ...Object.keys(REFUSED)].find((known) => plainWord(known) === plainWord(name));
}

/** Greatest temperature that the provider's API takes. */
export function maxTemperature(name: string): number {
  return MESSAGES_API.has(name) ? 1 : 2;
}

/** A provider's prefix in a model name that the service itself would not know. */
export function strangePrefix(provider: string, model: string): string | undefined {
  const [prefix = "", rest] = model.split("/");
  if (rest === undefined || !OWN_NAMES.has(provider) || (provider === "anthropic" && prefix === "anthropic")) {
    return undefined;
  }
  return providerSpelling(prefix) === undefined ? undefined : prefix;
}
