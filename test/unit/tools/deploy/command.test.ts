import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ENVIRONMENT, machine } from "./stand-ins.ts";

const URN = "urn:pulumi:vultr.prod::roost::roost:vultr:UcoreHost$vultr:index/instance:Instance::host-vm";

const stateWith = (type: string, label: string | undefined, resourceType = "vultr:index/instance:Instance") => ({
  version: 3,
  deployment: {
    pending_operations: [
      { type, resource: { urn: URN, type: resourceType, inputs: label === undefined ? {} : { label } } },
    ],
  },
});

test("up runs Pulumi on the stack with the caller's flags, and gives its status", async () => {
  const { run, ran, complained } = machine({ status: 7 });
  expect(await run("up", "vultr.prod", "--yes", "--diff")).toBe(7);
  expect(ran()).toEqual(["pulumi up --stack vultr.prod --yes --diff"]);
  expect(complained).toEqual([]);
});

test("preview:live runs Pulumi's preview, whatever an interrupted run left", async () => {
  const { run, ran } = machine({ state: stateWith("creating", "nest") });
  expect(await run("preview:live", "vultr.prod", "--json")).toBe(0);
  expect(ran()).toEqual(["pulumi preview --stack vultr.prod --json"]);
});

describe("destroy", () => {
  test("adds the flags that keep data, and says why", async () => {
    const { run, ran, complained } = machine();
    expect(await run("destroy", "vultr.prod", "-y")).toBe(0);
    expect(ran()).toEqual(["pulumi destroy --stack vultr.prod --run-program --exclude-protected -y"]);
    expect(complained).toEqual([
      "destroy: --run-program runs the hooks that take the final snapshots",
      "destroy: --exclude-protected leaves the bucket with its files, and the root of the backups' passwords",
    ]);
  });

  test("takes a flag that the caller gave as it is", async () => {
    const { run, ran } = machine();
    expect(await run("destroy", "vultr.prod", "--exclude-protected", "-y")).toBe(0);
    expect(ran()).toEqual(["pulumi destroy --stack vultr.prod --run-program --exclude-protected -y"]);
  });

  test.each([["--skip-preview"], ["--skip-preview=true"], ["-f"], ["-yf"]])("refuses %s", async (flag) => {
    const { run, complained } = machine();
    expect(await run("destroy", "vultr.prod", flag)).toBe(2);
    expect(complained[0]).toMatch(/^roost: destroy must not have --skip-preview .*half of the stack would be gone/);
  });

  test("refuses the variable that stands for that flag", async () => {
    const { run, complained } = machine({ environment: { PULUMI_OPTION_SKIP_PREVIEW: "true" } });
    expect(await run("destroy", "vultr.prod")).toBe(2);
    expect(complained[0]).toMatch(/^roost: destroy must not have --skip-preview \(or PULUMI_OPTION_SKIP_PREVIEW\): /);
    expect(await run("up", "vultr.prod")).toBe(0);
  });

  test("refuses --ignore-protect and names the word that ends a bucket", async () => {
    const { run, complained } = machine();
    expect(await run("destroy", "vultr.prod", "--ignore-protect")).toBe(2);
    expect(complained[0]).toMatch(/^roost: destroy must not have --ignore-protect: .*roost:store\.erase/);
  });

  test("takes the value of a flag for no flag", async () => {
    const { run, ran } = machine();
    expect(await run("destroy", "vultr.prod", "-m", "fix")).toBe(0);
    expect(ran()).toEqual(["pulumi destroy --stack vultr.prod --run-program --exclude-protected -m fix"]);
  });
});

test("up may skip its preview, and a message may begin with any letter", async () => {
  const { run, ran } = machine();
  expect(await run("up", "vultr.prod", "-f", "-mfix")).toBe(0);
  expect(ran()).toEqual(["pulumi up --stack vultr.prod -f -mfix"]);
});

describe("a state with an open operation", () => {
  test.each(["up", "destroy"])(
    "%s is refused while a VM may or may not have been made, with the ways on",
    async (script) => {
      const { run, ran, complained } = machine({ state: stateWith("creating", "nest") });
      expect(await run(script, "vultr.prod", "--yes")).toBe(1);
      expect(ran()).toEqual([]);
      expect(complained).toEqual([
        `${script}: an interrupted run left the creating of the VM "nest" open, and nobody knows how it ended: look for that label in Vultr's console; if there is none: \`pulumi refresh --stack vultr.prod --clear-pending-creates\`; if there is one, delete it there and run the same: Pulumi's --import-pending-creates forgets it, and the next \`up\` would make a second`,
      ]);
    },
  );

  test("a VM that was being deleted is asked for by a refresh", async () => {
    const { run, complained } = machine({ state: stateWith("deleting", undefined) });
    expect(await run("up", "vultr.prod")).toBe(1);
    expect(complained).toEqual([
      'up: an interrupted run left the deleting of the VM "without a label" open, and nobody knows how it ended: look for that label in Vultr\'s console, then run `pulumi refresh --stack vultr.prod`, which asks Vultr',
    ]);
  });

  test("anything else than a VM is Pulumi's to mend", async () => {
    const { run } = machine({ state: stateWith("creating", "x", "tailscale:index/tailnetKey:TailnetKey") });
    expect(await run("up", "vultr.prod")).toBe(0);
  });

  test("a state that is no state is said, and nothing runs", async () => {
    const { run, ran, complained } = machine({ state: [] });
    expect(await run("up", "vultr.prod")).toBe(1);
    expect(ran()).toEqual([]);
    expect(complained).toEqual(["up: `pulumi stack export --stack vultr.prod` did not print a state"]);
  });

  test("a backend without a login is said with the way to log in", async () => {
    const { run, bin, complained } = machine();
    writeFileSync(join(bin, "login"), "");
    expect(await run("up", "vultr.prod")).toBe(1);
    expect(complained).toEqual([
      "up: the state of vultr.prod cannot be read (PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions): log in with `pulumi login`; a new stack is made with `pulumi stack init vultr.prod`",
    ]);
  });
});

describe("without pulumi on the PATH", () => {
  test("the command that downloads it is named, and nothing runs", async () => {
    const { run, ran, complained } = machine({ programs: ["op", "npx"] });
    expect(await run("up", "vultr.prod", "--yes")).toBe(1);
    expect(complained).toEqual([
      "up: there is no `pulumi` on the PATH: install Pulumi 3.250.0 or later (https://www.pulumi.com/docs/install), or run `npx --yes pulumi@3.265.0 up --stack vultr.prod --yes`, which downloads it",
    ]);
    expect(ran()).toEqual([]);
  });

  test("a person who accepts the download gets the same checks and the same run", async () => {
    const asked: string[] = [];
    const ask = async (question: string) => asked.push(question) > 0;
    const refused = machine({ programs: ["op", "npx"], ask, state: stateWith("creating", "nest") });
    expect(await refused.run("up", "vultr.prod")).toBe(1);
    const { run, ran } = machine({ programs: ["op", "npx"], ask });
    expect(await run("up", "vultr.prod")).toBe(0);
    expect(ran()).toEqual(["npx --yes pulumi@3.265.0 up --stack vultr.prod"]);
    expect(asked[1]).toBe(
      "there is no `pulumi` on the PATH; run `npx --yes pulumi@3.265.0 up --stack vultr.prod` instead, which downloads it?",
    );
  });

  test("a person who declines it, or has other problems, is told the command", async () => {
    const declined = machine({ programs: ["op", "npx"], ask: async () => false });
    expect(await declined.run("up", "vultr.prod")).toBe(1);
    const asked: string[] = [];
    const other = machine({
      programs: ["op", "npx"],
      ask: async (question) => asked.push(question) > 0,
      environment: { VULTR_API_KEY: undefined },
    });
    expect(await other.run("up", "vultr.prod")).toBe(1);
    expect({ asked, lines: [declined.complained.length, other.complained.length] }).toEqual({
      asked: [],
      lines: [1, 2],
    });
  });
});

describe("wrong usage", () => {
  test.each([
    [["up"], "the stack must come first, got none: stacks/config has vultr.prod"],
    [["up", "--yes"], 'the stack must come first, got "--yes": stacks/config has vultr.prod'],
    [["up", "vultr.x"], 'the stack must come first, got "vultr.x": stacks/config has vultr.prod'],
    [["apply", "vultr.prod"], 'the first word must be one of up, preview:live, destroy, got "apply"'],
    [["up", "vultr.prod", "-s", "vultr.other"], "the stack must be named once, in the first place: leave --stack out"],
    [
      ["up", "vultr.prod", "--stack=vultr.other"],
      "the stack must be named once, in the first place: leave --stack out",
    ],
  ])("%j is refused with the usage", async (args, message) => {
    const { run, complained } = machine();
    expect(await run(...args)).toBe(2);
    expect(complained).toEqual([expect.stringMatching(/\nusage: npm run up\|preview:live\|destroy -- STACK /)]);
    expect(complained[0]?.split("\n")[0]).toBe(`roost: ${message}`);
  });
});

test("no line ever holds a credential", async () => {
  const { run, complained } = machine({
    environment: { B2_ENDPOINT: "nonsense", VULTR_API_KEY: "" },
    version: "v1.0.0",
  });
  expect(await run("up", "vultr.prod")).toBe(1);
  expect(complained.length).toBeGreaterThan(2);
  for (const secret of Object.values(ENVIRONMENT).filter((value) => value.includes("hunter2"))) {
    expect(complained.join("\n")).not.toContain(secret);
  }
});
