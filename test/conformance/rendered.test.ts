import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOST_FILES_DIR } from "../../butane/host.ts";
import type { Manifest } from "../../components/release/manifest.ts";
import { applyIgnition } from "./apply-ignition.ts";
import { canonical } from "./canonical.ts";
import { checkNanobotConfig } from "./nanobot-check.ts";
import { checkOpenclawConfig } from "./openclaw-check.ts";
import { oracle, run, scratch } from "./support/host-tree.ts";

// What `npm run preview` writes for the example stacks, given to the tools that will read it.
const out = mkdtempSync(join(tmpdir(), "roost-rendered-"));
const main = join(import.meta.dirname, "../../tools/preview/main.ts");
const stacks = ["vultr.moltbot.example", "vultr.nanobot.example"];

beforeAll(() => {
  const { status, stderr } = run(process.execPath, [main, "--out", out, "--json"]);
  if (status !== 0) throw new Error(`preview failed: ${stderr}`);
});
afterAll(() => rmSync(out, { recursive: true }));

const text = (stack: string, file: string) => readFileSync(join(out, stack, file), "utf8");
const manifest = (stack: string): Manifest => JSON.parse(text(stack, "release.json"));

describe("the rendered examples", () => {
  test("are these", () => {
    expect(readdirSync(out).toSorted()).toEqual(stacks);
  });
});

describe.each(stacks)("the rendered %s", (stack) => {
  test("is the user data that the real Butane makes of host.bu", () => {
    const butane = join(oracle("butane-0.29.0", "butane.sh"), "butane");
    const made = run(butane, ["--strict", "--files-dir", HOST_FILES_DIR, join(out, stack, "host.bu")]);
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: "" });
    expect(canonical(text(stack, "host.ign"))).toEqual(canonical(made.stdout));
  });

  test("is user data that Ignition's validator accepts", () => {
    const validator = join(oracle("butane-0.29.0", "butane.sh"), "ignition-validate");
    const file = join(out, stack, "host.ign");
    const path = existsSync(validator) ? validator : join(oracle("ignition-2.27.0", "butane.sh"), "ignition-validate");
    expect(run(path, [file])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("is applied by the real Ignition engine to an empty root, its credentials for root alone", async () => {
    const root = scratch();
    await applyIgnition(join(out, stack, "host.ign"), root);
    expect(JSON.parse(readFileSync(join(root, "etc/roost/birth.json"), "utf8")).stack).toBe(stack);
    for (const secret of ["etc/roost/birth.json", "var/lib/roost/tailnet.key"]) {
      const { mode, uid } = statSync(join(root, secret));
      expect({ secret, mode: mode & 0o777, uid }).toEqual({ secret, mode: 0o600, uid: 0 });
    }
  });

  test.each(["quadlet-5.4", "quadlet-5.8"])("is accepted whole by %s, with a unit for every agent", (version) => {
    const generator = join(oracle(version, "quadlet.sh"), "quadlet");
    const { status, stdout, stderr } = run(generator, ["-dryrun", "-no-kmsg-log"], {
      QUADLET_UNIT_DIRS: join(out, stack, "quadlets"),
    });
    expect({ status, refused: /unsupported|error|converting/i.exec(stderr)?.input }).toEqual({
      status: 0,
      refused: undefined,
    });
    const made = [...stdout.matchAll(/^---(.+)---$/gm)].map(([, unit]) => unit);
    expect(made).toEqual(expect.arrayContaining(Object.keys(manifest(stack).units)));
  });

  test("is config that the agents' own checks accept", async () => {
    const folder = join(out, stack, "workloads");
    const verdicts = await Promise.all(
      readdirSync(folder).map(async (workload) => {
        const nanobot = join(folder, workload, "config.json");
        const { status, output } = existsSync(nanobot)
          ? await checkNanobotConfig(nanobot)
          : await checkOpenclawConfig(join(folder, workload, "openclaw.json"));
        return { workload, status, output: status === 0 ? "" : output };
      }),
    );
    expect(verdicts).toEqual(readdirSync(folder).map((workload) => ({ workload, status: 0, output: "" })));
  });
});
