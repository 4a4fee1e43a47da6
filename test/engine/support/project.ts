import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { placeholderOf } from "../../../agents/secret-leaf.ts";
import { secretPaths, showPath } from "../../../agents/secret-paths.ts";
import { vultrSchema } from "../../../stacks/schema.ts";
import { readStackFile } from "../../../tools/preview/stack-file.ts";
import { FakeB2 } from "../../unit/providers/backblaze/fake-b2.ts";
import { Cloud } from "../stand-in/cloud.ts";
import { copyB2 } from "./b2.ts";
import { type Ended, environmentIn, pulumi, startPulumi } from "./engine.ts";
import { installPlugins } from "./plugins.ts";
import { ROOT } from "./root.ts";

/** A run of `up` or `destroy`. */
export interface Deployed extends Ended {
  /** What was done to resources of providers, in this order, such as `create host-vm`. */
  readonly operations: readonly string[];
}

/** A resource as an exported state holds it. */
export interface Saved {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly protect?: boolean;
  readonly delete?: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const PASSPHRASE = "correct horse battery staple";

/** A copy of the project with a backend, plugins and clouds of its own, and one stack. */
export class Project {
  readonly stack: string;
  readonly folder: string;
  readonly cloud: Cloud;
  readonly #environment: Record<string, string>;

  /** The B2 that the real provider talks to. */
  readonly b2: FakeB2;

  private constructor(stack: string, folder: string, b2: FakeB2) {
    this.stack = stack;
    this.folder = folder;
    this.b2 = b2;
    this.cloud = new Cloud(join(folder, ".clouds"));
    this.#environment = {
      PULUMI_HOME: join(this.folder, ".home"),
      PULUMI_BACKEND_URL: `file://${join(this.folder, ".backend")}`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_DEBUG_COMMANDS: "true", // has --event-log
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ROOST_STAND_INS: this.cloud.folder,
      B2_ENDPOINT: b2.url,
      B2_APPLICATION_KEY_ID: b2.master.keyId,
      B2_APPLICATION_KEY: b2.master.key,
    };
  }

  /** Copies the repository's sources and makes the stack; the caller removes it. */
  static async create(stack: string): Promise<Project> {
    const project = new Project(stack, mkdtempSync(join(tmpdir(), "roost-engine-")), await FakeB2.start());
    for (const folder of [".backend", ".home", "bin"]) mkdirSync(join(project.folder, folder));
    copySources(project.folder);
    installPlugins(project.folder);
    project.#answerReferences();
    await project.must(["stack", "init", `organization/roost/${stack}`]);
    return project;
  }

  /** The same project with its state and clouds once more, for a test that begins where this one is. */
  async copy(): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "roost-engine-"));
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new Project(this.stack, folder, await copyB2(this.b2));
  }

  async remove(): Promise<void> {
    await this.b2.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the CLI runs with. */
  get environment(): NodeJS.ProcessEnv {
    return environmentIn(this.folder, this.#environment);
  }

  setEnvironment(environment: Readonly<Record<string, string>>): void {
    Object.assign(this.#environment, environment);
  }

  /** Sets or, with `undefined`, takes away keys of the stack's config, such as `roost:host.generation`. */
  configure(values: Readonly<Record<string, unknown>>): void {
    const document = parseDocument(readFileSync(this.#stackFile, "utf8"));
    for (const [path, value] of Object.entries(values)) {
      const keys = ["config", ...path.split(".")];
      if (value === undefined) document.deleteIn(keys);
      else document.setIn(keys, document.createNode(value));
    }
    writeFileSync(this.#stackFile, document.toString());
  }

  /** What the stack's file says of a key. */
  config(path: string): unknown {
    const document = parseDocument(readFileSync(this.#stackFile, "utf8"));
    return document.getIn(["config", ...path.split(".")]);
  }

  run(args: readonly string[]): Promise<Ended> {
    return pulumi(args, this.folder, this.#environment);
  }

  /** Runs what has to work. */
  async must(args: readonly string[]): Promise<Ended> {
    const ended = await this.run(args);
    if (ended.status !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${ended.status}:\n${ended.output}`);
    return ended;
  }

  /** `pulumi up` without the preview that it begins with; `preview` is run on its own. */
  up(...more: readonly string[]): Promise<Deployed> {
    return this.#deploy("up", ["--skip-preview", ...more]);
  }

  /** `pulumi up` whose CLI is killed at a point; says whether it was still on its way. */
  async killedUp(point: Promise<void>): Promise<boolean> {
    const { ended, kill } = startPulumi(
      ["up", "--yes", "--skip-preview", "--stack", this.stack],
      this.folder,
      this.#environment,
    );
    const early = await Promise.race([point, ended]);
    kill();
    await ended;
    return early === undefined;
  }

  destroy(...more: readonly string[]): Promise<Deployed> {
    return this.#deploy("destroy", more);
  }

  preview(...more: readonly string[]): Promise<Ended> {
    return this.run(["preview", "--stack", this.stack, ...more]);
  }

  /** The state, with ciphertext in the place of secrets. */
  async state(...more: readonly string[]): Promise<readonly Saved[]> {
    const { output } = await this.must(["stack", "export", "--stack", this.stack, ...more]);
    const { deployment } = JSON.parse(output) as { deployment: { resources?: Saved[] } }; // as the CLI exports it
    return deployment.resources ?? [];
  }

  /** Changes one output in the state, as time or a service would. */
  async rewrite(resource: string, outputs: Readonly<Record<string, unknown>>): Promise<void> {
    const { output } = await this.must(["stack", "export", "--stack", this.stack]);
    const exported = JSON.parse(output) as { deployment: { resources: Saved[] } }; // as the CLI exports it
    const found = exported.deployment.resources.find(({ urn }) => urn.endsWith(`::${resource}`));
    if (found === undefined) throw new Error(`the state has no ${resource}`);
    Object.assign(found.outputs, outputs);
    const file = join(this.folder, "state.json");
    writeFileSync(file, JSON.stringify(exported));
    await this.must(["stack", "import", "--stack", this.stack, "--file", file]);
  }

  /** The id of each resource by name: another id is another object. */
  async ids(): Promise<Readonly<Record<string, string | undefined>>> {
    return Object.fromEntries((await this.state()).map(({ urn, id }) => [urn.split("::").at(-1), id]));
  }

  async outputs(...more: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const { output } = await this.must(["stack", "output", "--json", "--stack", this.stack, ...more]);
    return JSON.parse(output) as Record<string, unknown>; // as the CLI prints it
  }

  async #deploy(command: string, more: readonly string[]): Promise<Deployed> {
    const events = join(this.folder, "events.jsonl");
    rmSync(events, { force: true });
    const ended = await this.run([command, "--yes", "--stack", this.stack, "--event-log", events, ...more]);
    return { ...ended, operations: operationsOf(events) };
  }

  get #stackFile(): string {
    return join(this.folder, "stacks", "config", `Pulumi.${this.stack}.yaml`);
  }

  /** 1Password knows every item that the stack's file names. */
  #answerReferences(): void {
    const { raw } = readStackFile(this.#stackFile, this.stack);
    const vaults: Record<string, Record<string, string>> = {};
    for (const { path, kind, value } of secretPaths(vultrSchema, raw)) {
      const [, vault = "", item = ""] = /^op:\/\/([^/]+)\/([^/]+)\/credential$/.exec(String(value)) ?? [];
      vaults[vault] = { ...vaults[vault], [item]: placeholderOf(kind, showPath(path)) };
    }
    this.cloud.set({ vaults });
  }
}

const ELSEWHERE = ["node_modules", "test", "docs", "tools", "images"];

/** A copy, because `stack init` writes into the stack's file, and a test may edit a source. */
function copySources(folder: string): void {
  for (const name of readdirSync(ROOT)) {
    if (name.startsWith(".") || ELSEWHERE.includes(name)) continue;
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

interface EngineEvent {
  readonly resOutputsEvent?: {
    readonly metadata: { readonly op: string; readonly urn: string; readonly type: string };
  };
}

/** Not the stack, the components, and the providers themselves. */
const OURS = /^(roost:|pulumi:providers:|pulumi:pulumi:Stack$)/;

function operationsOf(file: string): string[] {
  if (!existsSync(file)) return []; // refused before it began
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { resOutputsEvent } = JSON.parse(line) as EngineEvent; // one event a line
    const { op, urn, type } = resOutputsEvent?.metadata ?? { op: "same", urn: "", type: "" };
    return op === "same" || OURS.test(type) ? [] : [`${op} ${urn.split("::").at(-1)}`];
  });
}
