import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Pin, repository } from "./pins.ts";

/** A step that did not work; its message is one line for the user. */
export class StepError extends Error {}

/** The user's Podman or Docker. */
export class Engine {
  readonly name: "podman" | "docker";
  readonly #file: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(name: "podman" | "docker", file: string, environment: NodeJS.ProcessEnv) {
    this.name = name;
    this.#file = file;
    this.#environment = environment;
  }

  /** Podman where there is one, else Docker. */
  static find(environment: NodeJS.ProcessEnv): Engine {
    for (const name of ["podman", "docker"] as const) {
      for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
        const file = join(folder, name);
        if (isProgram(file)) return new Engine(name, file, environment);
      }
    }
    throw new StepError("neither podman nor docker is on the PATH: install one of them");
  }

  /** The digest that a tag means now: that of the list, where the tag is of several platforms. */
  resolve({ image }: Pin, platform: string): string {
    this.#run(`${image} was not pulled`, ["pull", "--quiet", "--platform", platform, image]);
    const printed = this.#run(`${image} was not read`, [
      "image",
      "inspect",
      "--format",
      "{{json .RepoDigests}}",
      image,
    ]);
    const digests = (JSON.parse(printed) as string[] | null) ?? []; // the engine's own format
    const name = short(repository(image));
    const digest = digests.filter((entry) => short(entry.split("@")[0] ?? "") === name)[0]?.split("@")[1];
    if (digest === undefined)
      throw new StepError(`${image} has no digest of a registry: is it an image of this machine?`);
    return digest;
  }

  /** Builds a folder; the engine's own output goes to stderr. Gives the image's id. */
  build(folder: string, platform: string, args: Readonly<Record<string, string>>): string {
    const work = mkdtempSync(join(tmpdir(), "roost-images-"));
    try {
      const id = join(work, "id");
      const options = [
        "--platform",
        platform,
        "--iidfile",
        id,
        "--file",
        join(folder, "Containerfile"),
        ...Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
        ...this.#sameTimes(),
      ];
      this.#show(`${folder} did not build`, ["build", ...options, folder]);
      return readFileSync(id, "utf8").trim();
    } finally {
      rmSync(work, { recursive: true });
    }
  }

  /** Gives an image another name. */
  tag(id: string, name: string): void {
    this.#run(`${name} was not named`, ["tag", id, name]);
  }

  /** Pushes an image; the digest under which the registry has it. */
  push(name: string): string {
    const refused = `${name} was not pushed`;
    const login = `; log in with \`${this.name} login ${name.split("/")[0]}\` where the registry asks for it`;
    if (this.name === "docker") {
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(this.#run(refused, ["push", name], login))?.[1];
      if (digest === undefined) throw new StepError(`${refused}: docker did not say its digest`);
      return digest;
    }
    const work = mkdtempSync(join(tmpdir(), "roost-images-"));
    try {
      const file = join(work, "digest");
      this.#run(refused, ["push", "--quiet", "--digestfile", file, name], login);
      return readFileSync(file, "utf8").trim();
    } finally {
      rmSync(work, { recursive: true });
    }
  }

  /** All files of a build get one time, so that equal files are equal layers; Docker leaves their times as they are. */
  #sameTimes(): string[] {
    return this.name === "podman" ? ["--timestamp", "0"] : ["--build-arg", "SOURCE_DATE_EPOCH=0"];
  }

  #run(what: string, args: readonly string[], hint = ""): string {
    const { status, stdout, stderr, error } = spawnSync(this.#file, args, {
      encoding: "utf8",
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error !== undefined) throw new StepError(`${what}: ${error.message}`);
    if (status === 0) return stdout;
    const reason = stderr.trim().split("\n").at(-1) ?? "";
    throw new StepError(`${what}: ${reason === "" ? `${this.name} ended with ${status}` : reason}${hint}`);
  }

  #show(what: string, args: readonly string[]): void {
    const { status, error } = spawnSync(this.#file, args, { env: this.#environment, stdio: ["ignore", 2, 2] });
    if (error !== undefined) throw new StepError(`${what}: ${error.message}`);
    if (status !== 0) throw new StepError(`${what}: ${this.name} build ended with ${status}, its own lines say why`);
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Docker leaves out its own registry in names. */
function short(name: string): string {
  return name.replace(/^docker\.io\//, "").replace(/^library\//, "");
}
