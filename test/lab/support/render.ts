import { join } from "node:path";
import { hostRoot } from "../../../components/store/derive.ts";
import program from "../../../index.ts";
import { STACK_FOLDER } from "../../../stacks/folder.ts";
import { answer, computedValues } from "../../../tools/preview/computed.ts";
import { readStackFile, withPlaceholders } from "../../../tools/preview/stack-file.ts";
import { record, unsecret } from "../../../tools/record.ts";
import { agentImage } from "./guest.ts";
import type { Store } from "./store.ts";

/** The component that every program names its host by. */
const HOST = "host";

/** A stack file's own keys, such as `host` and `tenants`. */
export type StackConfig = Record<string, Record<string, unknown>>;

/** What the program would put into the world for one host. */
export interface RenderedHost {
  /** Ignition JSON. */
  readonly userData: string;
  readonly bucket: string;
  /** The host's root, from which its passwords come. */
  readonly root: string;
  readonly keys: readonly RenderedKey[];
  /** Names of its agents' workloads. */
  readonly workloads: readonly string[];
  /** In the order in which they are uploaded. */
  readonly files: readonly { readonly name: string; readonly content: Buffer }[];
}

/** An application key of the store, limited to a prefix. */
export interface RenderedKey {
  readonly id: string;
  readonly secret: string;
  readonly capabilities: readonly string[];
  readonly prefix: string;
}

/** The config of a stack file, with the stand-in agent as nanobot's image. */
export function stackConfig(stack: string): StackConfig {
  const { raw, problems } = readStackFile(join(STACK_FOLDER, `Pulumi.${stack}.yaml`), stack);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const config = raw as StackConfig;
  if (config["images"]?.["nanobot"] === undefined) return config;
  return { ...config, images: { ...config["images"], nanobot: agentImage() } };
}

/** The config with one more tenant, like `frontend` but for its bot. */
export function withTenant(config: StackConfig, name: string, change: Record<string, unknown> = {}): StackConfig {
  const like = config["tenants"]?.["frontend"] as Record<string, Record<string, unknown>>;
  const telegram = { ...like["telegram"], token: `op://nanobot/${name}/credential` };
  return { ...config, tenants: { ...config["tenants"], [name]: { ...like, telegram, ...change } } };
}

/** What Pulumi remembers between two deployments of a stack: the output of each Stash, by name. */
export type Memory = Map<string, unknown>;

export interface RenderOptions {
  /** @default "vultr.lab" */
  readonly stack?: string;
  readonly memory?: Memory;
  /** Changes stand-ins of secrets. */
  readonly secrets?: (filled: StackConfig) => StackConfig;
}

/** Runs the real program as preview does, but with the lab's store in the place of Backblaze. */
export async function renderHost(
  config: StackConfig,
  store: Store,
  { stack = "vultr.lab", memory = new Map(), secrets = (filled) => filled }: RenderOptions = {},
): Promise<RenderedHost> {
  const filled = secrets(withPlaceholders(config) as StackConfig);
  const { resources, errors } = await record(program, {
    stack,
    config: Object.fromEntries(Object.entries(filled).map(([key, value]) => [`roost:${key}`, JSON.stringify(value)])),
    computed: (resource) => {
      const made = computedValues(resource);
      switch (resource.type) {
        case "backblaze:index:Bucket":
          return { ...made, s3Endpoint: store.guestEndpoint };
        case "pulumi:index:Stash":
          if (!memory.has(resource.name)) memory.set(resource.name, made["output"]);
          return { ...made, output: memory.get(resource.name) };
        default:
          return made;
      }
    },
    call: answer,
  });
  if (errors.length > 0) throw new AggregateError(errors, `the program refused the config: ${errors.join("; ")}`);
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  const [vm] = of("vultr:index/instance:Instance");
  const [bucket] = of("backblaze:index:Bucket");
  return {
    userData: String(unsecret(vm?.inputs["userData"])),
    bucket: String(bucket?.inputs["bucketName"]),
    root: hostRoot(String(filled["store"]?.["root"]), HOST),
    keys: of("backblaze:index:ApplicationKey").map(({ name, type, inputs }) => {
      const made = computedValues({ name, type, inputs });
      return {
        id: String(made["applicationKeyId"]),
        secret: String(made["applicationKey"]),
        capabilities: inputs["capabilities"] as string[],
        prefix: String(inputs["namePrefix"]),
      };
    }),
    workloads: of("pulumi:index:Stash").flatMap(({ name }) => /-born-(?!host$)(.+)$/.exec(name)?.[1] ?? []),
    files: of("backblaze:index:BucketFile").map(({ inputs }) => ({
      name: String(inputs["fileName"]),
      content: Buffer.from(String(unsecret(inputs["content"])), "base64"),
    })),
  };
}
