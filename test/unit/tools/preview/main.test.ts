import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const main = join(import.meta.dirname, "../../../../tools/preview/main.ts");
const folder = mkdtempSync(join(tmpdir(), "roost-preview-"));
afterAll(() => rmSync(folder, { recursive: true }));

// Whole processes: a busy machine may take its time.
const SLOW = { timeout: 60_000 };
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args, "--out", folder], { encoding: "utf8" });

describe("npm run preview", () => {
  test("prints an array with one object per example, writes their artifacts and exits 0", SLOW, () => {
    const { status, stdout } = run("--json");
    expect(status).toBe(0);
    const previews: Record<string, unknown>[] = JSON.parse(stdout);
    expect(previews.map(({ stack }) => stack)).toEqual(["vultr.moltbot.example", "vultr.nanobot.example"]);
    for (const preview of previews) {
      expect(Object.keys(preview)).toEqual([
        "stack",
        "resources",
        "hosts",
        "bytes",
        "usdPerMonth",
        "warnings",
        "problems",
      ]);
    }
    expect(existsSync(join(folder, "vultr.moltbot.example", "host.ign"))).toBe(true);
  });

  test("exits 1 for a refused program, with one line per problem, without a stack trace or a colour", SLOW, () => {
    const file = join(folder, "Pulumi.vultr.bad.yaml");
    writeFileSync(file, "config:\n  roost:host: { region: ewr }\n");
    const { status, stdout, stderr } = run("--config", file, "--program", "vultr");
    expect(status).toBe(1);
    expect(stdout).toContain("refused: roost:store must be a map with bucket, got nothing\n");
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
    expect(stdout).not.toContain("\u001b[");
  });

  test("says the same in JSON, and names a program that does not exist", SLOW, () => {
    const file = join(folder, "mine.yaml");
    writeFileSync(file, "config: {}\n");
    const { status, stdout } = run("--config", file, "--program", "aws", "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual([
      {
        stack: "aws.preview",
        resources: [],
        hosts: [],
        bytes: { userData: 0, release: 0 },
        usdPerMonth: null,
        warnings: [],
        problems: ['stack "aws.preview" names no program: use <program>.<environment>, with <program> one of vultr'],
      },
    ]);
  });

  test("exits 2 for wrong usage and shows the right one", SLOW, () => {
    const { status, stderr } = run("--colour");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^preview: Unknown option '--colour'/);
    expect(stderr).toContain("usage: npm run preview");
  });
});
