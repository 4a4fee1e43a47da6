import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Project, Saved } from "./support/project.ts";
import { runningExample } from "./support/running.ts";

const start = runningExample();

/** Every text inside a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Every text that the engine has as a secret, and every part that a service made or 1Password holds. */
async function secretsOf(project: Project): Promise<string[]> {
  const opened = textsIn(await project.state("--show-secrets")).filter((text) => text.length >= 12);
  const sealed = new Set(textsIn(await project.state()));
  const made = project.cloud
    .live()
    .flatMap(({ outputs }) => [outputs["key"], outputs["defaultPassword"], outputs["kvm"]]);
  const keys = [...project.b2.keys.values()].map(({ applicationKey }) => applicationKey);
  const kept = textsIn(project.cloud.settings()["vaults"]);
  // Secrets are stored as JSON texts.
  const stored = opened.filter((text) => !sealed.has(text)).flatMap((text) => textsIn(JSON.parse(text)));
  return [...new Set([...stored, ...made.filter((one) => typeof one === "string"), ...keys, ...kept])].filter(
    (text) => text.length >= 12,
  );
}

/** Where a text stands in the clear. */
function filesWith(folder: string, text: string): string[] {
  const escaped = JSON.stringify(text).slice(1, -1);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const content = readFileSync(file, "utf8");
      return content.includes(text) || content.includes(escaped);
    });
}

test("no secret stands in the state or the backend's files in the clear", async () => {
  const { project } = await start();
  // A name and an address: the kit is secret for what stands beside them.
  const known = ["roost-nanobot-example", "https://s3.us-west-002.backblazeb2.com"];
  const secrets = (await secretsOf(project)).filter((text) => !known.includes(text));
  expect(secrets.length).toBeGreaterThan(12);
  const plain = JSON.stringify((await project.state()).map(({ inputs, outputs }: Saved) => [inputs, outputs]));
  expect(secrets.filter((secret) => plain.includes(JSON.stringify(secret).slice(1, -1))).map(masked)).toEqual([]);
  const backend = join(project.folder, ".backend");
  expect(secrets.filter((secret) => filesWith(backend, secret).length > 0).map(masked)).toEqual([]);
});

/** Enough to find it by, for a report that anybody may read. */
function masked(secret: string): string {
  return `${secret.slice(0, 4)}… (${secret.length} characters)`;
}
