import { join } from "node:path";
import { parseArgs } from "node:util";
import { nearest } from "../../agents/keys.ts";
import { Engine } from "./engine.ts";
import { type Pins, readPins, reference, writePins } from "./pins.ts";

const USAGE = `usage: npm run images -- build|push --registry ghcr.io/OWNER [NAME ...] [--platform linux/amd64] [--update]
  build       builds the images, of images/, that are named, or all
  push        builds and pushes them, and prints the digest of each with the command that sets it
  --registry  what comes before the images' names
  --platform  for which machine (default linux/amd64)
  --update    asks the registries which digests the base images' tags have now, and keeps them in images/pins.json`;

/** Where each image is named in a stack's config. */
const CONFIG_KEYS: Readonly<Record<string, string>> = {
  nanobot: "nanobot",
  "moltbot-gateway": "moltbotGateway",
  "moltbot-sandbox": "moltbotSandbox",
  restic: "restic",
};

/** What the command works with. */
export interface Surroundings {
  /** The folder with pins.json and a folder for each image. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

interface Order {
  readonly push: boolean;
  readonly registry: string;
  readonly names: readonly string[];
  readonly platform: string;
  readonly update: boolean;
}

class UsageError extends Error {}

/** Runs the command and gives its exit code. */
export function images(args: readonly string[], surroundings: Surroundings): number {
  const { folder, environment, complain } = surroundings;
  try {
    const file = join(folder, "pins.json");
    const known = readPins(file);
    const order = orderOf(args, Object.keys(known));
    const engine = Engine.find(environment);
    const pins = order.update ? updated(known, order, engine) : known;
    if (order.update) writePins(file, pins);
    const problems = unpinned(pins, order);
    for (const problem of problems) complain(`images: ${problem}`);
    if (problems.length > 0) return 1;
    for (const name of order.names) make(name, pins, order, engine, surroundings);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`images: ${error.message}\n${USAGE}`);
      return 2;
    }
    if (!(error instanceof Error)) throw error;
    complain(`images: ${error.message}`);
    return 1;
  }
}

function orderOf(args: readonly string[], known: readonly string[]): Order {
  const { values, positionals } = parsed(args);
  const [verb, ...named] = positionals;
  if (verb !== "build" && verb !== "push") {
    throw new UsageError(`the first word must be build or push, got ${verb === undefined ? "none" : `"${verb}"`}`);
  }
  const registry = values.registry?.replace(/\/$/, "");
  if (registry === undefined) throw new UsageError("--registry must say where the images go, such as ghcr.io/OWNER");
  if (!/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(registry)) {
    throw new UsageError(
      `--registry must be lower-case and without a scheme, such as ghcr.io/owner, got "${registry}"`,
    );
  }
  if (!/^[a-z0-9]+(\/[a-z0-9]+){1,2}$/.test(values.platform)) {
    throw new UsageError(`--platform must be one such as linux/amd64, got "${values.platform}"`);
  }
  for (const name of named) {
    if (known.includes(name)) continue;
    const meant = nearest(name, [...known]);
    throw new UsageError(
      `there is no image "${name}": ${meant === undefined ? known.join(", ") : `did you mean "${meant}"?`}`,
    );
  }
  const names = named.length === 0 ? known : known.filter((name) => named.includes(name));
  return { push: verb === "push", registry, names, platform: values.platform, update: values.update };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        registry: { type: "string" },
        platform: { type: "string", default: "linux/amd64" },
        update: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** All digests, or none: a tag that two images share means the same in both. */
function updated(pins: Pins, { names, platform }: Order, engine: Engine): Pins {
  const digests = new Map<string, string>();
  for (const pin of names.flatMap((name) => Object.values(pins[name] ?? {}))) {
    if (!digests.has(pin.image)) digests.set(pin.image, engine.resolve(pin, platform));
  }
  return mapValues(pins, (bases) =>
    mapValues(bases, ({ image, digest }) => ({ image, digest: digests.get(image) ?? digest })),
  );
}

function unpinned(pins: Pins, { names, registry }: Order): string[] {
  return names.flatMap((name) =>
    Object.entries(pins[name] ?? {})
      .filter(([, { digest }]) => digest === null)
      .map(
        ([argument, { image }]) =>
          `${name} cannot be built: images/pins.json has no digest for its ${argument} ${image}; resolve it with \`npm run images -- build --update --registry ${registry} ${name}\``,
      ),
  );
}

function make(name: string, pins: Pins, order: Order, engine: Engine, { folder, print }: Surroundings): void {
  const id = engine.build(join(folder, name), order.platform, mapValues(pins[name] ?? {}, reference));
  const target = `${order.registry}/${name}`;
  // Named after its content: a later push takes the name from no image that a host may still want to pull.
  const tagged = `${target}:${id.replace(/^sha256:/, "").slice(0, 12)}`;
  engine.tag(id, tagged);
  if (!order.push) {
    print(`${name}: ${tagged}`);
    return;
  }
  const digest = engine.push(tagged);
  print(`${name}: ${target}@${digest}`);
  print(`  pulumi config set --stack STACK --path 'roost:images.${CONFIG_KEYS[name]}' ${target}@${digest}`);
}

function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
