import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it. */
export interface Registered {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** As sent to the engine: secrets are wrapped (`unsecret` opens them). */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly custom: boolean;
  readonly options: RegisteredOptions;
}

/** Resource options as they went over the wire. */
export interface RegisteredOptions {
  /** URN, empty for the stack itself. */
  readonly parent: string;
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly replacementTrigger: unknown;
  /** URNs of all that it depends on, by option or by input. */
  readonly dependencies: readonly string[];
  readonly aliases: number;
  readonly provider: string;
  /** Moments with a hook, such as `beforeDelete`. */
  readonly hooks: readonly string[];
}

/** A function call of the program. */
export interface Invoked {
  readonly token: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface RecordOptions {
  /** @default "vultr.test" */
  readonly stack?: string;
  /** Config by full key, such as `roost:host`; objects as JSON. */
  readonly config?: Readonly<Record<string, string>>;
  /** Runs as `pulumi preview` does: computed values are unknown. @default false */
  readonly preview?: boolean;
  /** What a provider would compute, per resource type; a type without an entry is an error. */
  readonly computed: (resource: pulumi.runtime.MockResourceArgs) => Record<string, unknown>;
  /** Answers of provider functions; it throws where it knows none. */
  readonly call: (call: Invoked) => Record<string, unknown> | Promise<Record<string, unknown>>;
}

/** All that a run of a program did. */
export interface Recorded<T> {
  /** What the program returned; `undefined` when it threw. */
  readonly result: T | undefined;
  readonly resources: readonly Registered[];
  /** The resource objects themselves, components included. */
  readonly objects: readonly pulumi.Resource[];
  readonly invokes: readonly Invoked[];
  readonly warnings: readonly string[];
  /** What the program threw, and what failed in the background. */
  readonly errors: readonly unknown[];
  /** URNs whose component called `registerOutputs`. */
  readonly registeredOutputs: readonly string[];
  /** Names of the hooks that the program told the engine about, with or without a resource. */
  readonly hooks: readonly string[];
}

/** Runs a program against mocks, waits until every registration has landed, and says what happened. */
export async function record<T>(program: () => T | Promise<T>, options: RecordOptions): Promise<Recorded<T>> {
  const resources: Registered[] = [];
  const objects: pulumi.Resource[] = [];
  const invokes: Invoked[] = [];
  const registeredOutputs: string[] = [];
  const hooks: string[] = [];
  const errors = new Set<unknown>();
  const warnings: string[] = [];
  const stack = options.stack ?? "vultr.test";

  const preview = options.preview ?? false;
  const secretOutputs = new Map<string, readonly string[]>();

  pulumi.runtime.setAllConfig({ ...options.config });
  const mocks: pulumi.runtime.Mocks = {
    newResource: (args) => {
      if (args.custom !== true) return { id: undefined, state: {} };
      const computed = options.computed(args);
      const state = preview ? args.inputs : { ...args.inputs, ...computed };
      return { id: preview ? undefined : `${args.name}-id`, state: markSecrets(state, secretOutputs.get(args.name)) };
    },
    call: async ({ token, inputs }) => {
      invokes.push({ token, inputs });
      return options.call({ token, inputs });
    },
  };
  await pulumi.runtime.setMocks(mocks, "roost", stack, preview, "organization");
  tapMonitor(resources, registeredOutputs, hooks, secretOutputs);

  const onRejection = (reason: unknown) => errors.add(reason);
  process.on("unhandledRejection", onRejection);
  const warn = console.warn;
  // Under mocks there is no engine, and `pulumi.log.warn` lands here.
  console.warn = (line: unknown) => warnings.push(String(line).replace(/^warning: \[runtime\] /, ""));
  let result: T | undefined;
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      pulumi.runtime.registerStackTransformation(({ resource }) => {
        objects.push(resource);
        return undefined;
      });
      result = await program();
      return {};
    });
  } catch (error) {
    errors.add(error);
  } finally {
    // Also when the program threw: a late registration would land in the next run's mocks.
    await pulumi.runtime.disconnect();
    await new Promise((resolve) => setImmediate(resolve));
    console.warn = warn;
    process.off("unhandledRejection", onRejection);
  }
  // Registrations race; a preview must not.
  resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return { result, resources, objects, invokes, warnings, errors: [...errors], registeredOutputs, hooks };
}

/** Opens a value that the wire marks secret; any other comes back as it is. */
export function unsecret(value: unknown): unknown {
  return pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value;
}

/** The value of a known output; fails at once where `apply` would never run. */
export async function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  const inner = output as unknown as { isKnown: Promise<boolean>; promise(): Promise<T> }; // both are there, but not public
  if (!(await inner.isKnown)) throw new Error("the output is unknown in this run");
  return inner.promise();
}

/** The parts of a request that protobuf's generated class has and Pulumi's public types do not name. */
interface RegisterRequest {
  getObject(): { toJavaScript(): Record<string, unknown> };
  getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
  getHooks(): { toObject(): Readonly<Record<string, readonly string[]>> } | undefined;
  toObject(): {
    type: string;
    name: string;
    custom: boolean;
    parent: string;
    protect: boolean | undefined;
    deletebeforereplace: boolean;
    retainondelete: boolean | undefined;
    ignorechangesList: string[];
    additionalsecretoutputsList: string[];
    dependenciesList: string[];
    aliasesList: unknown[];
    provider: string;
  };
}

interface RegisterResponse {
  getUrn(): string;
}

type Done<R> = (error: unknown, response: R) => void;

interface MockMonitor {
  invoke(request: unknown, done: Done<unknown>): Promise<void>;
  registerResource(request: RegisterRequest, done: Done<RegisterResponse>): Promise<void>;
  registerResourceOutputs(request: { getUrn(): string }, done: Done<unknown>): void;
  registerResourceHook?(request: { getName(): string }, done: Done<unknown>): void;
}

/** Records what the mocks do not show: the options of each request. */
function tapMonitor(
  resources: Registered[],
  registeredOutputs: string[],
  hooks: string[],
  secretOutputs: Map<string, readonly string[]>,
): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor; // the mocks put their own class there
  const invoke = monitor.invoke.bind(monitor);
  const registerResource = monitor.registerResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);

  monitor.registerResource = (request, done) => {
    const { name, additionalsecretoutputsList } = request.toObject();
    secretOutputs.set(name, additionalsecretoutputsList);
    return registerResource(request, (error, response) => {
      if (error === null) resources.push(registered(request, response.getUrn()));
      done(asRpcError(error), response);
    });
  };
  monitor.invoke = (request, done) => invoke(request, (error, response) => done(asRpcError(error), response));
  monitor.registerResourceOutputs = (request, done) => {
    registeredOutputs.push(request.getUrn());
    registerResourceOutputs(request, done);
  };
  // The mock monitor claims to support hooks and has no such method: the resource would wait for ever.
  monitor.registerResourceHook = (request, done) => {
    hooks.push(request.getName());
    done(null, {});
  };
}

/** The SDK reads the text of a failed call where gRPC puts it. */
function asRpcError(error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { details: error.message }) : error;
}

function registered(request: RegisterRequest, urn: string): Registered {
  const plain = request.toObject();
  return {
    urn,
    type: plain.type,
    name: plain.name,
    custom: plain.custom,
    inputs: request.getObject().toJavaScript(),
    options: {
      parent: plain.parent,
      protect: plain.protect ?? false,
      deleteBeforeReplace: plain.deletebeforereplace,
      retainOnDelete: plain.retainondelete ?? false,
      ignoreChanges: plain.ignorechangesList,
      additionalSecretOutputs: plain.additionalsecretoutputsList,
      replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
      dependencies: plain.dependenciesList,
      aliases: plain.aliasesList.length,
      provider: plain.provider,
      hooks: Object.entries(request.getHooks()?.toObject() ?? {}).flatMap(([moment, names]) =>
        names.length === 0 ? [] : moment.replace(/List$/, "").replace(/^(before|after)(\w)/, upperThird),
      ),
    },
  };
}

/** `beforedelete` is what protobuf makes of `beforeDelete`. */
function upperThird(_all: string, when: string, letter: string): string {
  return `${when}${letter.toUpperCase()}`;
}

/** The engine marks additional secret outputs, the mocks do not. */
function markSecrets(state: Record<string, unknown>, names: readonly string[] = []): Record<string, unknown> {
  const marked = names.filter((name) => state[name] !== undefined && !pulumi.runtime.isRpcSecret(state[name]));
  return { ...state, ...Object.fromEntries(marked.map((name) => [name, pulumi.secret(state[name])])) };
}
