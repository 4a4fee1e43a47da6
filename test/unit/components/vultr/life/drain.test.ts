import { expect, test } from "vitest";
import { drain, type RunningHost } from "../../../../../components/vultr/life/drain.ts";
import type { SshResult } from "../../../../../components/vultr/life/ssh.ts";

const SNAPSHOT = "0123456789abcdef".repeat(4);

const HOST: RunningHost = {
  stack: "vultr.prod",
  host: "host",
  hostname: "nest",
  generation: 3,
  workloads: ["host", "frontend"],
};

const ANSWER = {
  stack: "vultr.prod",
  host: "host",
  generation: 3,
  workloads: {
    frontend: { snapshot: SNAPSHOT, was: "running" },
    research: { snapshot: null, was: "unborn" },
    host: { snapshot: SNAPSHOT, was: "running" },
  },
};

const UNDO = "to put its agents back to work: ssh core@nest sudo roost drain --undo";

const ran = (answer: object, more: Partial<SshResult> = {}) => ({
  status: 0,
  stdout: JSON.stringify({ ...ANSWER, ...answer }),
  stderr: "",
  ...more,
});

const failure = async (result: SshResult): Promise<string> => {
  const reason: unknown = await drain(HOST, "for-good", async () => result).catch((error: unknown) => error);
  return reason instanceof Error ? reason.message : "it was drained";
};

test("asks the host once, without a question to anybody, with 30 minutes at most", async () => {
  const calls: unknown[] = [];
  await drain(HOST, "for-good", async (args, limitMs) => {
    calls.push([args.slice(args.indexOf("core@nest")), args.includes("BatchMode=yes"), limitMs]);
    return ran({});
  });
  expect(calls).toEqual([[["core@nest", "sudo", "roost", "drain", "--json"], true, 1_800_000]]);
});

test("takes the host's key under a name of its generation, for the next one has another", async () => {
  let options: readonly string[] = [];
  await drain(HOST, "for-good", async (args) => {
    options = args;
    return ran({});
  });
  expect(options).toContain("HostKeyAlias=nest.g3.vultr.prod");
  expect(options).toContain("StrictHostKeyChecking=accept-new");
});

test("ends by itself with the next boot when the machine is only restarted", async () => {
  let command: readonly string[] = [];
  await drain(HOST, "until-boot", async (args) => {
    command = args;
    return ran({});
  });
  expect(command.at(-1)).toBe("--until-boot");
});

test.each<[string, SshResult, string]>([
  [
    "another generation",
    ran({ generation: 4 }),
    "it is generation 4 of vultr.prod/host, not generation 3 of vultr.prod/host",
  ],
  ["another stack", ran({ stack: "vultr.dev" }), "it is generation 3 of vultr.dev/host"],
  ["another host", ran({ host: "other" }), "it is generation 3 of vultr.prod/other"],
  ["a workload left out", ran({ workloads: {} }), "its answer has no final snapshot of host, frontend"],
  [
    "a running workload without a snapshot",
    ran({ workloads: { ...ANSWER.workloads, frontend: { snapshot: null, was: "running" } } }),
    "its answer is not that of `roost drain --json` (workloads.frontend.snapshot)",
  ],
  [
    "an unborn workload with a snapshot",
    ran({ workloads: { ...ANSWER.workloads, research: { snapshot: SNAPSHOT, was: "unborn" } } }),
    "its answer is not that of `roost drain --json` (workloads.research.snapshot)",
  ],
  ["no JSON", ran({}, { stdout: "Welcome\n{}" }), "its answer is not that of `roost drain --json` (the text)"],
  [
    "a failure",
    ran({}, { status: 4, stderr: "first\nfrontend: the store is full\n" }),
    "`roost drain` ended with status 4 (frontend: the store is full)",
  ],
  ["a silent failure", ran({}, { status: 1 }), "`roost drain` ended with status 1 (it gave no reason)"],
  ["no end", { status: undefined, stdout: "", stderr: "" }, "the final snapshots took more than 30 minutes"],
])("refuses %s, and says how to undo", async (_what, result, problem) => {
  const message = await failure(result);
  expect(message).toContain(`nest was not drained, so its VM is left as it is: ${problem}`);
  expect(message.endsWith(UNDO)).toBe(true);
});

test("names the two ways on when the host cannot be reached", async () => {
  const stderr = "ssh: connect to host nest port 22: No route to host\n";
  expect(await failure({ status: 255, stdout: "", stderr })).toBe(
    [
      "nest could not be reached for its final snapshots, so its VM is left as it is (ssh: connect to host nest port 22: No route to host)",
      "either mend the tailnet or the login (this must work: ssh core@nest true) and run `up` again",
      'or, if what its agents wrote since their last backup may be lost, set roost:host.drain: "skip: <reason>"',
      `if it was drained meanwhile, ${UNDO}`,
    ].join("; "),
  );
});

test("names the two ways on where there is no ssh", async () => {
  const missing = drain(HOST, "for-good", () => Promise.reject(new Error("spawn ssh ENOENT")));
  await expect(missing).rejects.toThrow("(spawn ssh ENOENT); either mend the tailnet");
});
