import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { workflowProblems } from "../../tools/ci/workflows.ts";
import type { Difference } from "../../tools/preview/against/difference.ts";
import { oracle, run, scratch } from "./support/host-tree.ts";
import { expanded, jobOf, runStep, WORKFLOWS } from "./support/workflow.ts";

const root = join(import.meta.dirname, "../..");
const files = readdirSync(WORKFLOWS);

describe.each(files)("%s", (file) => {
  const actionlint = () => join(oracle("actionlint-1.7.12", "actionlint.sh"), "actionlint");

  test("is accepted by actionlint, its scripts by shellcheck", () => {
    expect(run(actionlint(), [join(WORKFLOWS, file)])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("is read by actionlint, scripts included: a broken copy is refused", () => {
    const copy = join(scratch(), file);
    const text = readFileSync(join(WORKFLOWS, file), "utf8");
    writeFileSync(
      copy,
      text.replace("runs-on: ubuntu-24.04", "runs-on: ubuntu-1").replace(/run: (\|\n +)?/, "run: $1echo $unquoted; "),
    );
    const { status, stdout } = run(actionlint(), ["-format", "{{range $}}{{.Kind}} {{end}}", copy]);
    expect({ status, kinds: stdout.trim().split(" ") }).toEqual({ status: 1, kinds: ["runner-label", "shellcheck"] });
  });

  test("has the least permissions, pinned actions, no secret and no expression in a script", () => {
    expect(workflowProblems(readFileSync(join(WORKFLOWS, file), "utf8"))).toEqual([]);
  });
});

const NANOBOT = "stacks/config/Pulumi.vultr.nanobot.example.yaml";
const MOLTBOT = "stacks/config/Pulumi.vultr.moltbot.example.yaml";

/** Which files a commit changes, and how. */
type Edits = Readonly<Record<string, (text: string) => string>>;

function git(folder: string, ...args: string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "init.defaultBranch=main"];
  return execFileSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" }).trim();
}

function commit(folder: string, edits: Edits): string {
  for (const [path, edit] of Object.entries(edits)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, edit(existsSync(file) ? readFileSync(file, "utf8") : ""));
  }
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--message", "change");
  return git(folder, "rev-parse", "HEAD");
}

/** What preview-difference.sh itself reads, for tests in which no preview runs. */
const SCRIPT_ALONE =
  /^(tools\/ci\/preview-difference\.sh|stacks\/config\/.*|package(-lock)?\.json|agents\/nanobot\.ts)$/;

/** This repository as it lies here, or some of it, as a repository of one commit. */
function repository(some: RegExp): string {
  const folder = join(scratch(), "repository");
  mkdirSync(folder);
  git(folder, "init", "--quiet");
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  for (const path of listed.toString().split("\0")) {
    if (path === "" || !some.test(path) || !existsSync(join(root, path))) continue;
    if (statSync(join(root, path)).isFile()) cpSync(join(root, path), join(folder, path));
  }
  commit(folder, {});
  return folder;
}

/** An `npm` that logs its arguments, lends this repository's packages to `ci`, and leaves the rest to a script. */
function npm(bin: string, otherwise: string): void {
  const script = `#!/bin/bash
echo "$PWD: $*" >>"${bin}/log"
case $1 in
  ci) ln -s "${root}/node_modules" node_modules ;;
  test) ;;
  *) ${otherwise} ;;
esac
`;
  mkdirSync(bin);
  writeFileSync(join(bin, "npm"), script, { mode: 0o755 });
}

const realNpm = () => `exec "${execFileSync("bash", ["-c", "type -P npm"], { encoding: "utf8" }).trim()}" "$@"`;

interface PullRequest {
  readonly folder: string;
  /** The branch that it goes to, as it is now. */
  readonly base: string;
}

/** Runs a job of preview.yml as GitHub would, at the commit that the folder is at. */
async function preview(job: string, { folder, base }: PullRequest, otherwise: string) {
  const temporary = join(folder, "..", `runner-${base.slice(0, 8)}`);
  mkdirSync(temporary);
  npm(join(temporary, "bin"), otherwise);
  const { steps } = jobOf("preview.yml", job);
  const context = {
    "github.event.pull_request.base.sha": base,
    "github.event.pull_request.number": "7",
    "runner.temp": temporary,
  };
  const env = {
    PATH: `${temporary}/bin:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: temporary,
    RUNNER_TEMP: temporary,
  };
  const runs = [];
  for (const step of steps.filter(({ run: script }) => script !== undefined)) {
    runs.push(await runStep(step, folder, context, env));
    if (runs.at(-1)?.status !== 0) break;
  }
  const upload = steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@") === true);
  const artifact = expanded(upload?.with?.["path"] ?? "", context);
  const uploaded = (name: string) => readFileSync(join(artifact, name), "utf8");
  return {
    statuses: runs.map(({ status }) => status),
    said: runs.map(({ stdout, stderr }) => stdout + stderr).join(""),
    log: readFileSync(join(temporary, "bin/log"), "utf8")
      .replaceAll(/^.*?: /gm, "")
      .trimEnd()
      .split("\n"),
    uploaded,
    difference: (): Difference => JSON.parse(uploaded("difference.json")),
  };
}

/** A pull request whose branch left `main` before its last commit. */
function pullRequest(before: Edits, onBranch: Edits, some = /^(?!test\/)/): PullRequest {
  const folder = repository(some);
  if (Object.keys(before).length > 0) commit(folder, before);
  git(folder, "checkout", "--quiet", "-b", "branch");
  commit(folder, onBranch);
  git(folder, "checkout", "--quiet", "main");
  const base = commit(folder, { [MOLTBOT]: (text) => text.replace("hostname: ", "hostname: moved-") });
  git(folder, "checkout", "--quiet", "branch");
  return { folder, base };
}

describe("preview.yml", () => {
  test("runs the tests", async () => {
    const { statuses, log } = await preview("test", pullRequest({}, { "a.md": () => "a" }, SCRIPT_ALONE), "false");
    expect({ statuses, log }).toEqual({ statuses: [0, 0], log: ["ci", "test"] });
  });

  test("uploads what the branch changes against its merge base, and nothing that main did meanwhile", async () => {
    const request = pullRequest(
      {},
      {
        [NANOBOT]: (text) => text.replace("region: fra", "region: ewr"),
        [MOLTBOT]: (text) => text.replace(/bucket: \S+/, "bucket: roost-another"),
      },
    );
    const { statuses, said, uploaded, difference } = await preview("difference", request, realNpm());
    expect(statuses, said).toEqual([0, 0]);
    expect(uploaded("number")).toBe("7\n");

    const { notes, stacks } = difference();
    expect(notes).toEqual([]);
    expect(stacks.map(({ stack, change }) => [stack, change])).toEqual([
      ["vultr.moltbot.example", "changed"],
      ["vultr.nanobot.example", "changed"],
    ]);
    const resources = stacks.flatMap((stack) => stack.resources);
    expect(resources.find(({ name }) => name === "host-vm")).toMatchObject({
      change: "changed",
      properties: [{ path: "region", before: "fra", after: "ewr", effect: "waits" }],
    });
    expect(resources.find(({ name }) => name === "store-bucket")).toMatchObject({
      change: "replaced",
      properties: [{ path: "bucketName", after: "roost-another" }],
    });

    const text = uploaded("difference.md");
    expect(text).toContain("- **replaced** `store-bucket` (backblaze:index:Bucket); **protected");
    expect(text.length).toBeLessThan(60_000);
    expect(text + uploaded("difference.json")).not.toMatch(/moved-|tskey-|\bK005|sk-ant-/);
  });

  test("uploads why a stack is refused, and fails", async () => {
    const request = pullRequest({}, { [NANOBOT]: (text) => text.replace("region: fra", "region: nowhere") });
    const { statuses, uploaded } = await preview("difference", request, realNpm());
    expect(statuses).toEqual([0, 1]);
    expect(uploaded("difference.md")).toContain(
      '- **refused:** `roost:host.region must be a three-letter Vultr id such as "ewr", got "nowhere"`',
    );
    expect(uploaded("number")).toBe("7\n");
  });
});

describe("the stacks that preview.yml compares", () => {
  const PROD = "stacks/config/Pulumi.vultr.prod.yaml";
  const DEV = "stacks/config/Pulumi.vultr.dev.yaml";
  const before: Edits = { [PROD]: () => "config: {}\n", [DEV]: () => "config: {}\n" };
  const examples = "vultr.moltbot.example vultr.nanobot.example";
  /** In the place of npm's `run`: the later preview leaves a difference. */
  const stub = 'if [ "$7" = --against ]; then mkdir -p "$6"; touch "$6/difference.md"; fi';
  /** Which stacks the earlier and the later preview get. */
  const compared = (log: readonly string[]) =>
    log.filter((line) => line.startsWith("run ")).map((line) => line.split(" -- ").at(-1));

  test.each<[string, Edits, string, string]>([
    [
      "a document, a test or a workflow",
      { "docs/a.svg": () => "a", "test/a.ts": () => "a", "README.md": () => "a" },
      examples,
      examples,
    ],
    ["one stack file", { [PROD]: () => "config: { a: b }\n" }, `${examples} vultr.prod`, `${examples} vultr.prod`],
    [
      "a new stack file",
      { "stacks/config/Pulumi.vultr.new.yaml": () => "config: {}\n" },
      examples,
      "vultr.moltbot.example vultr.nanobot.example vultr.new",
    ],
    [
      "a source",
      { "agents/nanobot.ts": (text) => `${text}\n` },
      `vultr.dev ${examples} vultr.prod`,
      `vultr.dev ${examples} vultr.prod`,
    ],
    [
      "the lock file",
      { "package-lock.json": (text) => `${text}\n` },
      `vultr.dev ${examples} vultr.prod`,
      `vultr.dev ${examples} vultr.prod`,
    ],
  ])("are the right ones where a branch changes %s", async (_, edits, earlier, later) => {
    const { statuses, log } = await preview("difference", pullRequest(before, edits, SCRIPT_ALONE), stub);
    expect({ statuses, compared: compared(log) }).toEqual({ statuses: [0, 0], compared: [earlier, later] });
  });

  test("include one whose file the branch takes away, before it did", async () => {
    const request = pullRequest(before, { "a.md": () => "a" }, SCRIPT_ALONE);
    git(request.folder, "rm", "--quiet", PROD);
    git(request.folder, "commit", "--quiet", "--message", "remove");
    const { log } = await preview("difference", request, stub);
    expect(compared(log)).toEqual([`${examples} vultr.prod`, examples]);
  });

  test("are compared although the merge base cannot be previewed, which the log shows", async () => {
    const broken = `if [ "$7" = --against ]; then ${stub}; else echo "base is broken"; exit 2; fi`;
    const { statuses, said } = await preview(
      "difference",
      pullRequest({}, { "a.md": () => "a" }, SCRIPT_ALONE),
      broken,
    );
    expect(statuses).toEqual([0, 0]);
    expect(said).toMatch(/the preview of the merge base [0-9a-f]{40} exited with 2:\nbase is broken\n/);
  });

  test("use the merge base's own packages where the branch changes them", async () => {
    const request = pullRequest({}, { "package-lock.json": (text) => `${text}\n` }, SCRIPT_ALONE);
    const { log } = await preview("difference", request, stub);
    expect(log.filter((line) => line === "ci")).toHaveLength(2);
    const same = await preview("difference", pullRequest({}, { "a.md": () => "a" }, SCRIPT_ALONE), stub);
    expect(same.log.filter((line) => line === "ci")).toHaveLength(1);
  });

  test("leave no second work tree behind", async () => {
    const request = pullRequest({}, { "a.md": () => "a" }, SCRIPT_ALONE);
    await preview("difference", request, stub);
    expect(git(request.folder, "worktree", "list").split("\n")).toHaveLength(1);
  });
});
