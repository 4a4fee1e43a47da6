import { isMap, isScalar, isSeq, parseDocument, visit, type YAMLMap } from "yaml";

/** The most that a workflow's token may do, by what starts it. A trigger that is not here is refused. */
const MOST_PERMISSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // It runs a stranger's code.
  pull_request: { contents: "read" },
  // It runs none, and comments.
  workflow_run: { actions: "read", "pull-requests": "write" },
};

const PINNED = /^[\w.-]+\/[\w.-]+(\/[\w.-]+)*@[0-9a-f]{40}$/;
const VERSION = /^ v\d+(\.\d+)*$/;

/** What makes a GitHub workflow unsafe, one sentence each; `actionlint` knows the rest. */
export function workflowProblems(text: string): string[] {
  const document = parseDocument(text);
  const root = document.contents;
  if (document.errors.length > 0 || !isMap(root)) return ["is no workflow: it is not a YAML map"];
  const triggers = triggersOf(root.get("on", true));
  const allowed = triggers.map((trigger) => MOST_PERMISSIONS[trigger]).filter((most) => most !== undefined);
  return [
    ...triggers
      .filter((trigger) => MOST_PERMISSIONS[trigger] === undefined)
      .map((trigger) => `runs on ${trigger}, which has no rule here: it may carry secrets or a token that writes`),
    ...permissionProblems("the workflow", root.get("permissions", true), true, allowed),
    ...jobs(root).flatMap(([name, job]) => [
      ...permissionProblems(`job ${name}`, job.get("permissions", true), false, allowed),
      ...(job.has("timeout-minutes") ? [] : [`job ${name} has no timeout-minutes`]),
      ...(job.has("secrets") ? [`job ${name} hands secrets on`] : []),
      ...(triggers.includes("workflow_run") && /actions\/checkout|\bgit (clone|fetch|pull)\b/.test(JSON.stringify(job))
        ? [`job ${name} checks out code while its token can write`]
        : []),
    ]),
    ...nodeProblems(root),
  ];
}

function triggersOf(node: unknown): string[] {
  if (isMap(node)) return node.items.map(({ key }) => String(key));
  if (isSeq(node)) return node.items.map(String);
  return [String(node)];
}

function jobs(root: YAMLMap): [string, YAMLMap][] {
  const node = root.get("jobs", true);
  return isMap(node) ? node.items.flatMap(({ key, value }) => (isMap(value) ? [[String(key), value]] : [])) : [];
}

function permissionProblems(
  where: string,
  node: unknown,
  required: boolean,
  allowed: readonly Readonly<Record<string, string>>[],
): string[] {
  if (node === undefined)
    return required ? [`${where} has no permissions: then the token has the repository's default`] : [];
  if (!isMap(node)) return [`${where} has the permissions ${JSON.stringify(node)}: name each`];
  return node.items.flatMap(({ key, value }) => {
    const [scope, access] = [String(key), String(value)];
    const fits = allowed.every((most) => access === "none" || most[scope] === access || most[scope] === "write");
    return fits ? [] : [`${where} has the permission ${scope}: ${access}, which its trigger may not have`];
  });
}

/** What is wrong in single steps, wherever they are. */
function nodeProblems(root: YAMLMap): string[] {
  const problems: string[] = [];
  visit(root, {
    Scalar: (_, { value }) => {
      if (typeof value === "string" && value.includes("${{") && /\bsecrets\b/.test(value))
        problems.push(`reads a secret, which a fork's run has not and any other shows: ${firstLine(value)}`);
    },
    Pair: (_, { key, value }) => {
      const name = String(key);
      if (!isScalar(value)) return;
      const text = String(value.value);
      if (name === "uses" && !PINNED.test(text)) problems.push(`uses ${text}, which is not pinned to a commit`);
      if (name === "uses" && !VERSION.test(value.comment ?? ""))
        problems.push(`uses ${text} without its version beside it`);
      if ((name === "run" || name === "script") && text.includes("${{"))
        problems.push(
          `puts an expression into a script, where its value becomes code: hand it over in env (${firstLine(text)})`,
        );
    },
    Map: (_, node) => {
      if (!String(node.get("uses")).startsWith("actions/checkout@")) return;
      if (node.getIn(["with", "persist-credentials"]) !== false)
        problems.push("checks out without persist-credentials: false");
    },
  });
  return problems;
}

function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .find((line) => line.includes("${{"))
      ?.trim() ?? ""
  );
}
