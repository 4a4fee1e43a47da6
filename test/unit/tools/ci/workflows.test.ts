import { describe, expect, test } from "vitest";
import { workflowProblems } from "../../../../tools/ci/workflows.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";

/** A workflow without fault; each test puts one into it. */
const workflow = ({ on = "pull_request", permissions = "{ contents: read }", job = "", steps = "" } = {}) => `
name: x
on: ${on}
permissions: ${permissions}
jobs:
  a:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
${job}    steps:
      - uses: actions/checkout@${SHA} # v7.0.1
        with: { persist-credentials: false }
      - run: echo "$NUMBER"
        env: { NUMBER: "\${{ github.event.pull_request.number }}" }
${steps}`;

const uncheckedOut = (more: Parameters<typeof workflow>[0]) => workflow(more).replace(/ +- uses: .*\n.*\n/, "");

describe("the check of a workflow", () => {
  test("finds nothing in one that reads, pins and passes values in env", () => {
    expect(workflowProblems(workflow())).toEqual([]);
  });

  test("lets one that comments write to pull requests, while it checks out nothing", () => {
    const on = "{ workflow_run: { workflows: [x], types: [completed] } }";
    const job = "    permissions: { actions: read, pull-requests: write }\n";
    expect(workflowProblems(uncheckedOut({ on, permissions: "{}", job }))).toEqual([]);
    expect(workflowProblems(workflow({ on, permissions: "{}", job }))).toEqual([
      "job a checks out code while its token can write",
    ]);
    const steps = "      - run: git fetch origin refs/pull/1/head\n";
    expect(workflowProblems(uncheckedOut({ on, permissions: "{}", job, steps }))).toEqual([
      "job a checks out code while its token can write",
    ]);
  });

  test.each<[string, Parameters<typeof workflow>[0], string]>([
    [
      "pull_request_target",
      { on: "pull_request_target" },
      "runs on pull_request_target, which has no rule here: it may carry secrets or a token that writes",
    ],
    [
      "a second trigger",
      { on: "[pull_request, push]" },
      "runs on push, which has no rule here: it may carry secrets or a token that writes",
    ],
    ["all permissions at once", { permissions: "read-all" }, 'the workflow has the permissions "read-all": name each'],
    [
      "a token that writes",
      { permissions: "{ contents: write }" },
      "the workflow has the permission contents: write, which its trigger may not have",
    ],
    [
      "a job that asks for more than its workflow",
      { job: "    permissions: { id-token: write }\n" },
      "job a has the permission id-token: write, which its trigger may not have",
    ],
    [
      "a tag in the place of a commit",
      { steps: "      - uses: a/b@v1 # v1\n" },
      "uses a/b@v1, which is not pinned to a commit",
    ],
    [
      "a short commit",
      { steps: "      - uses: a/b@0123456 # v1\n" },
      "uses a/b@0123456, which is not pinned to a commit",
    ],
    [
      "an image",
      { steps: "      - uses: docker://alpine:3 # v3\n" },
      "uses docker://alpine:3, which is not pinned to a commit",
    ],
    [
      "a commit of no version",
      { steps: `      - uses: a/b@${SHA}\n` },
      `uses a/b@${SHA} without its version beside it`,
    ],
    [
      "a secret in env",
      { steps: '      - run: x\n        env: { KEY: "${{ secrets.KEY }}" }\n' },
      "reads a secret, which a fork's run has not and any other shows: ${{ secrets.KEY }}",
    ],
    [
      "all secrets at once",
      { steps: "      - run: x\n        env: { ALL: \"${{ format('{0}', toJSON(secrets)) }}\" }\n" },
      "reads a secret, which a fork's run has not and any other shows: ${{ format('{0}', toJSON(secrets)) }}",
    ],
    ["secrets for a called workflow", { job: "    secrets: inherit\n" }, "job a hands secrets on"],
    [
      "a stranger's text in a script",
      { steps: "      - run: |\n          echo ok\n          echo ${{ github.event.pull_request.title }}\n" },
      "puts an expression into a script, where its value becomes code: hand it over in env (echo ${{ github.event.pull_request.title }})",
    ],
    [
      "a token left behind in the clone",
      { steps: `      - uses: actions/checkout@${SHA} # v7.0.1\n` },
      "checks out without persist-credentials: false",
    ],
  ])("finds %s", (_, more, problem) => {
    expect(workflowProblems(workflow(more))).toEqual([problem]);
  });

  test("finds that permissions or a time limit are missing", () => {
    const bare = workflow()
      .replace(/permissions: .*\n/, "")
      .replace(/.*timeout-minutes: 5\n/, "");
    expect(workflowProblems(bare)).toEqual([
      "the workflow has no permissions: then the token has the repository's default",
      "job a has no timeout-minutes",
    ]);
  });

  test("finds that a file is no workflow", () => {
    expect(workflowProblems("- a\n")).toEqual(["is no workflow: it is not a YAML map"]);
    expect(workflowProblems("on: [")).toEqual(["is no workflow: it is not a YAML map"]);
  });
});
