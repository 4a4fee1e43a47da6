import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../conformance/support/host-tree.ts";
import { Agent, ALICE } from "./agent.ts";
import { ATTACKS, type Attack, runFilter } from "./attacks.ts";
import { withoutLauncher } from "./image.ts";

const SHELL = { exec: { enable: true, timeoutSeconds: 60 } };

/** Lets the model try it; what the shell said. */
async function attempt(agent: Agent, { command, file }: Attack): Promise<string> {
  if (file !== undefined) await agent.callTool(ALICE, "write_file", file);
  return agent.callTool(ALICE, "exec", { command });
}

describe("an agent with a shell", () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await Agent.start(SHELL);
  });
  afterAll(() => agent?.close());

  test("runs what the model asks for", async () => {
    expect(await agent.callTool(ALICE, "exec", { command: "id -u; pwd" })).toContain("1000\n/data/workspace\n");
  });

  test.each(ATTACKS)("does not get its secrets by $name", async (attack) => {
    const said = await attempt(agent, attack);
    expect(said).toMatch(/Permission denied|PermissionError/);
    expect(agent.bench.secretsIn(said)).toEqual([]);
  });

  test("does not get its secrets by a program that nanobot itself starts", async () => {
    const environment = (await runFilter(agent)) ?? "";
    expect(environment).toMatch(/^HOME=\/data$/m);
    expect(agent.bench.secretsIn(environment)).toEqual([]);
  });

  test("cannot end the process that starts it", async () => {
    const kill = { path: "kill.sh", content: "kill -TERM 1; kill -KILL 1\n" };
    const said = await attempt(agent, { name: "", command: `sh ${kill.path}`, file: kill, works: false });
    expect(said.match(/Operation not permitted/g)).toHaveLength(2);
  });

  test("leaves no zombie behind", async () => {
    // Its parent ends first, so that the container's first process inherits it.
    await agent.callTool(ALICE, "exec", { command: "(sleep 0.2 &) ; sleep 1" });
    const { text } = await agent.container.exec(["sh", "-c", "cat /proc/[0-9]*/stat"]);
    expect(text.match(/^\d+ \(.*\) Z/gm)).toBeNull();
  });

  test("has no rights, writes files for itself alone, and dumps no core", async () => {
    const { text } = await agent.container.exec(["sh", "-c", "cat /proc/[0-9]*/status /proc/[0-9]*/limits"]);
    const gateway = text.split(/^Name:\t/m).find((status) => status.startsWith("nanobot-gateway"));
    expect(gateway).toMatch(/^Umask:\t0077$/m);
    expect(gateway).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(gateway).toMatch(/^Groups:\t ?$/m);
    expect(gateway).toMatch(/^NoNewPrivs:\t1$/m);
    expect(gateway?.match(/^Cap(?:Inh|Prm|Eff|Amb):\t0{16}$/gm)).toHaveLength(4);
    expect(text).toMatch(/^Max core file size +0 +0 /m);
  });

  test("cannot leave code that the health probe, which is the container's root, would run", async () => {
    const mark = "__import__('pathlib').Path('/tmp/ran').touch()";
    const content = `cd ..
d=.local/lib/python3.13/site-packages
mkdir -p $d
echo "import os; ${mark}" >$d/plant.pth
echo "${mark}" >urllib.py
chmod -R a+rX .`;
    await attempt(agent, { name: "", command: "sh plant.sh", file: { path: "plant.sh", content }, works: false });
    const ran = async (...command: string[]): Promise<boolean> => {
      await agent.container.exec(["sh", "-c", 'cd /data; "$@"', "sh", ...command]);
      return (await agent.container.exec(["rm", "/tmp/ran"])).status === 0;
    };
    const unset = ["env", "-u", "PYTHONNOUSERSITE", "-u", "PYTHONSAFEPATH"];
    expect(await ran(...agent.container.rendered.healthCommand)).toBe(false);
    // Without the image's variables both plants grow.
    expect(await ran(...unset, "/usr/bin/python3", "-I", "-c", "import urllib")).toBe(false);
    expect(await ran(...unset, "/usr/bin/python3", "-S", "-c", "import urllib")).toBe(true);
    expect(await ran(...unset, "/usr/bin/python3", "-P", "-c", "pass")).toBe(true);
  });

  test("is as closed after a restart that a person asked for", async () => {
    await agent.telegram.say(ALICE, "/restart", "Restarting");
    await agent.ended();
    await agent.container.start();
    for (const attack of ATTACKS) {
      const said = await attempt(agent, attack);
      expect(said).toMatch(/Permission denied|PermissionError/);
      expect(agent.bench.secretsIn(said)).toEqual([]);
    }
  });

  test("has no secret in its log, its state or what its model read", async () => {
    expect(agent.bench.secretsIn(agent.container.log)).toEqual([]);
    expect(agent.bench.secretsIn(JSON.stringify(await agent.bench.modelCalls()))).toEqual([]);
    for (const { value } of agent.container.rendered.secrets) {
      expect(run("grep", ["-rlaF", "-e", value, agent.container.data])).toEqual({ status: 1, stdout: "", stderr: "" });
    }
  });

  test("ends with status 0 when the container is stopped", async () => {
    expect((await agent.container.stop()).status).toBe(0);
  });

  test("looked up no name but those of Telegram and its model service", () => {
    expect(agent.bench.network.asked().toSorted()).toEqual(["api.telegram.org", "openrouter.ai"]);
  });
});

describe("without the launcher, which shows that the attacks are real,", () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await Agent.start(SHELL, withoutLauncher());
  });
  afterAll(() => agent?.close());

  test.each(ATTACKS)("an agent with a shell: $name", async (attack) => {
    expect(agent.bench.secretsIn(await attempt(agent, attack)).length > 0).toBe(attack.works);
  });

  test("an agent with a shell: a program that nanobot itself starts", async () => {
    expect(agent.bench.secretsIn((await runFilter(agent)) ?? "").length).toBeGreaterThan(0);
  });
});
