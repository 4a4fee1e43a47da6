import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Comment, type GitHub, serveGitHub } from "./support/github-api.ts";
import { type Run, scratch } from "./support/host-tree.ts";
import { jobOf, runStep, WORKFLOWS } from "./support/workflow.ts";
import { type ZipEntry, zip } from "./support/zip.ts";

const { permissions, steps } = jobOf("preview-comment.yml", "comment");
const SHA = "0123456789abcdef0123456789abcdef01234567";
const RUN_URL = "https://github.com/owner/roost/actions/runs/5";
const HEAD = `<!-- roost preview -->\n**What ${SHA} would change**, by [its own code](${RUN_URL}):\n\n`;
const TOKEN = "ghs_token";

const entries = (text = "difference\n", number = "7\n"): ZipEntry[] => [
  { name: "number", content: number },
  { name: "difference.md", content: text },
  { name: "difference.json", content: "{}" },
];

const github = (archive: Buffer = zip(entries()), more: Partial<GitHub> = {}): GitHub => ({
  repository: "owner/roost",
  token: TOKEN,
  permissions,
  runId: 5,
  artifacts: [{ id: 70, name: "preview", archive }],
  pulls: { 7: { state: "open", head: { sha: SHA } } },
  comments: [],
  ...more,
});

const person = (id: number, body = "hello"): Comment => ({ id, user: { login: "person" }, body });

/** Runs the job's steps against a GitHub; `curl` logs its arguments and is the real one. */
async function comment(state: GitHub): Promise<Run & { requests: string[]; folder: string; argumentsOfCurl: string }> {
  const folder = scratch();
  const { url, requests } = await serveGitHub(state);
  mkdirSync(join(folder, "bin"));
  writeFileSync(
    join(folder, "bin/curl"),
    `#!/bin/sh\nprintf '%s\\n' "$@" >>${folder}/arguments\nexec /usr/bin/curl "$@"\n`,
  );
  chmodSync(join(folder, "bin/curl"), 0o755);
  const context = {
    "github.token": TOKEN,
    "github.repository": "owner/roost",
    "github.event.workflow_run.id": "5",
    "github.event.workflow_run.html_url": RUN_URL,
    "github.event.workflow_run.head_sha": SHA,
  };
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder, RUNNER_TEMP: folder, GITHUB_API_URL: url };
  const [step, ...more] = steps;
  if (step === undefined || more.length > 0) throw new Error("the job has another number of steps");
  const run = await runStep(step, folder, context, env);
  return { ...run, requests, folder, argumentsOfCurl: readFileSync(join(folder, "arguments"), "utf8") };
}

const writes = (requests: readonly string[]) => requests.filter((request) => !request.startsWith("GET "));

describe("the comment on a pull request", () => {
  test("is made where there is none, with the commit, the run and the difference to the letter", async () => {
    const text = "# `x` $(touch pwned) ${{ github.token }} \"quoted\" \\n ${HOME} 'single' → ü 🪺\n\nlast\n";
    const state = github(zip(entries(text)));
    const { status, stderr } = await comment(state);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(state.comments.map(({ body }) => body)).toEqual([HEAD + text]);
  });

  test("is rewritten by a later run, wherever it stands among others'", async () => {
    const others = Array.from({ length: 130 }, (_, index) => person(index + 1));
    const own = { id: 500, user: { login: "github-actions[bot]" }, body: "<!-- roost preview -->\nold" };
    const another = { id: 501, user: { login: "github-actions[bot]" }, body: "another workflow's" };
    const copied = person(502, "<!-- roost preview -->\nlooks like it");
    const state = github(zip(entries()), { comments: [copied, another, ...others, own] });
    const { status, requests } = await comment(state);
    expect(status).toBe(0);
    expect(writes(requests)).toEqual(["PATCH /repos/owner/roost/issues/comments/500"]);
    expect(own.body).toBe(`${HEAD}difference\n`);
    expect(state.comments).toHaveLength(133);
  });

  test("is made after exactly 100 comments of others", async () => {
    const state = github(zip(entries()), { comments: Array.from({ length: 100 }, (_, index) => person(index + 1)) });
    expect((await comment(state)).status).toBe(0);
    expect(state.comments).toHaveLength(101);
  });

  test("may be as long as the difference may be", async () => {
    const state = github(zip(entries("→".repeat(59_999))));
    expect((await comment(state)).status).toBe(0);
    expect(state.comments).toHaveLength(1);
  });

  test("takes the newest artifact of a run that was repeated", async () => {
    const archive = (text: string) => zip(entries(text));
    const artifacts = [
      { id: 71, name: "preview", archive: archive("older") },
      { id: 72, name: "preview", archive: archive("newest") },
      { id: 70, name: "preview", archive: archive("oldest") },
      { id: 73, name: "preview", archive: archive("expired"), expired: true },
      { id: 74, name: "another", archive: archive("another") },
    ];
    const state = github(undefined, { artifacts });
    await comment(state);
    expect(state.comments.map(({ body }) => body)).toEqual([`${HEAD}newest`]);
  });

  test("keeps the token out of every command line", async () => {
    const { argumentsOfCurl } = await comment(github());
    expect(argumentsOfCurl.match(/^--header$/gm)).toHaveLength(5);
    expect(argumentsOfCurl).not.toContain(TOKEN);
  });
});

test("the comment follows the workflow, and fetches the artifact, that preview.yml names", async () => {
  const read = (file: string) => parse(readFileSync(join(WORKFLOWS, file), "utf8"));
  expect(read("preview-comment.yml").on.workflow_run.workflows).toEqual([read("preview.yml").name]);
  const upload = jobOf("preview.yml", "difference").steps.find(({ uses = "" }) => uses.includes("upload-artifact"));
  const { requests } = await comment(github());
  expect(requests[0]).toBe(`GET /repos/owner/roost/actions/runs/5/artifacts?name=${upload?.with?.["name"]}`);
});

describe("nothing is written, and that is no failure,", () => {
  test.each<[string, Partial<GitHub>, string]>([
    ["where the run left no artifact", { artifacts: [] }, "run 5 left no artifact"],
    [
      "where the artifact has expired",
      { artifacts: [{ id: 70, name: "preview", expired: true, archive: zip(entries()) }] },
      "run 5 left no artifact",
    ],
    [
      "where the pull request is at another commit by now, or never was at this one",
      { pulls: { 7: { state: "open", head: { sha: "f".repeat(40) } } } },
      `pull request 7 is not open at ${SHA}`,
    ],
    [
      "where the pull request is closed",
      { pulls: { 7: { state: "closed", head: { sha: SHA } } } },
      `pull request 7 is not open at ${SHA}`,
    ],
  ])("%s", async (_, more, notice) => {
    const { status, stdout, requests } = await comment(github(undefined, more));
    expect({ status, stdout }).toEqual({ status: 0, stdout: `::notice::preview: ${notice}\n` });
    expect(writes(requests)).toEqual([]);
  });
});

describe("nothing is written, and the run fails,", () => {
  const refused = async (state: GitHub) => {
    const { status, stdout, requests } = await comment(state);
    expect(writes(requests)).toEqual([]);
    expect(state.comments).toEqual([]);
    return { status, stdout };
  };
  const error = (message: string) => ({ status: 1, stdout: `::error::preview: ${message}\n` });

  test.each([
    ["a word", "seven\n"],
    ["nothing", "\n"],
    ["zero", "0\n"],
    ["more than a number", "7/../../issues/1\n"],
    ["two numbers", "7\n8\n"],
    ["longer than a number is", "77777777777\n"],
  ])("where the artifact's number is %s", async (_, number) => {
    expect(await refused(github(zip(entries("x", number))))).toEqual(error("the artifact's number is none"));
  });

  test("where the number is of no pull request", async () => {
    expect((await refused(github(zip(entries("x", "8\n"))))).status).not.toBe(0);
  });

  test.each([
    ["longer than a preview writes", "x".repeat(60_000), "60000"],
    ["unpacked without end", "x".repeat(30_000_000), "240000"],
    ["empty", "", "0"],
  ])("where the difference is %s", async (_, text, length) => {
    expect(await refused(github(zip(entries(text))))).toEqual(error(`difference.md has ${length} characters`));
  });

  test("where the artifact is too big to be fetched, which it then is not", async () => {
    const archive = Buffer.alloc(5_000_001);
    const { status, stdout, requests } = await comment(github(archive));
    expect({ status, stdout }).toEqual(error("the artifact has 5000001 bytes, at most 5000000 are taken"));
    expect(requests).toHaveLength(1);
  });

  test.each([
    ["lacks a file", zip(entries().slice(0, 1))],
    ["is no archive", Buffer.from("difference")],
  ])("where the artifact %s", async (_, archive) => {
    const { status, stdout } = await refused(github(archive));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error::preview: the artifact has no readable (number|difference\.md)\n/);
  });

  test.each([["actions"], ["pull-requests"]])("where the token lacks %s", async (scope) => {
    const { [scope]: _, ...less } = permissions;
    expect((await refused(github(undefined, { permissions: less }))).status).not.toBe(0);
  });
});

describe("an archive with a trap", () => {
  test("that links to a file of the runner gives the link's text, never the file's", async () => {
    const state = github(
      zip([
        { name: "number", content: "7\n" },
        { name: "difference.md", content: "/proc/self/environ", link: true },
      ]),
    );
    await comment(state);
    expect(state.comments.map(({ body }) => body)).toEqual([`${HEAD}/proc/self/environ`]);
  });

  test("whose entries climb out of the folder writes none of them", async () => {
    const { folder, status } = await comment(
      github(zip([...entries(), { name: "../escaped", content: "x" }, { name: "bin/jq", content: "x" }])),
    );
    expect(status).toBe(0);
    expect(existsSync(join(folder, "../escaped"))).toBe(false);
    expect(existsSync(join(folder, "bin/jq"))).toBe(false);
  });
});
