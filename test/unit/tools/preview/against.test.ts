import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { compareFolders, type StackDifference } from "../../../../tools/preview/against/difference.ts";
import { previewedStacks, writePreview } from "../../../../tools/preview/against/folder.ts";
import { markdown } from "../../../../tools/preview/against/markdown.ts";
import { ignitionFile, writeArtifacts } from "../../../../tools/preview/artifacts.ts";
import { computedValues } from "../../../../tools/preview/computed.ts";
import { type Evaluated, evaluate } from "../../../../tools/preview/evaluate.ts";
import { readStackFile } from "../../../../tools/preview/stack-file.ts";
import { checkAgainst, UsageError } from "../../../../tools/preview/targets.ts";
import { config, tenant } from "../../stacks/fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "roost-against-"));
afterAll(() => rmSync(folder, { recursive: true }));

const STACK = "vultr.test";
type Previewed = Evaluated & { readonly out: string };
const made = new Map<string, Promise<Previewed>>();

/** A folder with the preview of one stack, as `npm run preview -- --out` leaves it; the same config shares one. */
function previewed(raw: Record<string, unknown>): Promise<Previewed> {
  const key = JSON.stringify(raw);
  const preview = made.get(key) ?? evaluated(raw, made.size);
  made.set(key, preview);
  return preview;
}

async function evaluated(raw: Record<string, unknown>, index: number): Promise<Previewed> {
  const file = join(folder, `${index}.yaml`);
  const own = Object.entries(raw).map(([key, value]) => [`roost:${key}`, value]);
  writeFileSync(file, stringify({ config: Object.fromEntries(own) }));
  const { preview, artifacts } = await evaluate(readStackFile(file, STACK));
  const out = join(folder, `out-${index}`);
  writeArtifacts(join(out, STACK), artifacts);
  writePreview(join(out, STACK), preview);
  return { out, preview, artifacts };
}

const host = (more: object) => ({ host: { ...(config()["host"] as object), ...more } });
const store = (more: object) => ({ store: { ...(config()["store"] as object), ...more } });

/** The difference that a change of the config makes. */
async function changedBy(more: Record<string, unknown>, from: Record<string, unknown> = {}): Promise<StackDifference> {
  const [before, after] = [await previewed(config(from)), await previewed(config(more))];
  return only(compareFolders(before.out, after.out, [STACK], []).stacks);
}

function only<T>(list: readonly T[]): T {
  const [first, ...more] = list;
  if (first === undefined || more.length > 0) throw new Error(`expected one, got ${list.length}`);
  return first;
}

const resource = ({ resources }: StackDifference, name: string) => only(resources.filter((each) => each.name === name));

const empty = join(folder, "empty");
mkdirSync(empty);

describe("the difference between two previews of a stack", () => {
  test("is nothing where nothing changed", async () => {
    expect(await changedBy({})).toMatchObject({ change: "unchanged", resources: [], artifacts: [] });
  });

  test("shows another region as a property that waits for a new generation", async () => {
    const difference = await changedBy(host({ region: "fra" }));
    expect(difference.change).toBe("changed");
    expect(resource(difference, "host-vm")).toMatchObject({
      change: "changed",
      properties: [{ path: "region", before: "ewr", after: "fra", effect: "waits" }],
    });
  });

  test("shows another bucket as replaced, with the key that opens it, and that protection refuses it", async () => {
    const difference = await changedBy(store({ bucket: "roost-other" }));
    expect(resource(difference, "store-bucket")).toMatchObject({
      change: "replaced",
      refused: true,
      properties: [{ path: "bucketName", before: "roost-test", after: "roost-other" }],
    });
    expect(resource(difference, "store-host-state")).toMatchObject({ change: "replaced", refused: false });
  });

  test("shows a new generation with the word as a replaced VM and new keys", async () => {
    const difference = await changedBy(host({ generation: 2, replace: 2 }));
    expect(resource(difference, "host-vm")).toMatchObject({ change: "replaced", refused: false });
    expect(resource(difference, "host-tailnet-g1").change).toBe("removed");
    expect(resource(difference, "host-tailnet-g2").change).toBe("added");
  });

  test("shows a new tenant as a resource and files, and a bigger release for the same price", async () => {
    const difference = await changedBy({ tenants: { frontend: tenant("f"), research: tenant("r") } });
    expect(resource(difference, "release-born-research").change).toBe("added");
    const added = difference.artifacts.filter(({ change }) => change === "added").map(({ path }) => path);
    expect(added).toContain("workloads/research/config.json");
    expect(added).toContain("quadlets/nanobot@research.container");
    expect(difference.usdPerMonth).toEqual({ before: 20, after: 20 });
    const { before, after } = difference.bytes.release;
    expect(after).toBeGreaterThan(before ?? Number.POSITIVE_INFINITY);
  });

  test("shows a changed line of an agent's config", async () => {
    const { artifacts } = await changedBy({ tenants: { frontend: tenant("f", { maxTokens: 100 }) } });
    const json = only(artifacts.filter(({ path }) => path === "workloads/frontend/config.json"));
    expect(json.lines).toEqual({ added: 1, removed: 1 });
    expect(json.diff).toMatch(/^-\s+"maxTokens": 8192,\n\+\s+"maxTokens": 100,$/m);
  });

  test("shows the price before and after", async () => {
    expect((await changedBy(host({ plan: "vc2-4c-8gb" }))).usdPerMonth).toEqual({ before: 20, after: 40 });
  });

  test("shows warnings that come and go", async () => {
    const overcommit = host({ breakGlass: "203.0.113.7/32" });
    expect((await changedBy(overcommit)).warnings).toEqual({
      added: [expect.stringContaining("breakGlass")],
      removed: [],
    });
    expect((await changedBy({}, overcommit)).warnings.removed).toEqual([expect.stringContaining("breakGlass")]);
  });
});

describe("a comparison that lacks a side", () => {
  test("counts a stack without an earlier preview as new, and says when there is no preview at all", async () => {
    const { out } = await previewed(config());
    const { notes, stacks } = compareFolders(empty, out, [STACK], []);
    expect(notes).toEqual(["there is no earlier preview, so every stack counts as new"]);
    expect(only(stacks)).toMatchObject({ change: "added", usdPerMonth: { before: null, after: 20 } });
    expect(only(stacks).resources.every(({ change }) => change === "added")).toBe(true);
  });

  test.each([
    ["{", "it is damaged"],
    ['{"stack":"vultr.test"}', "it is of another version"],
  ])("counts a stack as new whose earlier preview is %s, because %s", async (text) => {
    const { out } = await previewed(config());
    const earlier = join(folder, `broken-${text.length}`);
    mkdirSync(join(earlier, STACK), { recursive: true });
    writeFileSync(join(earlier, STACK, "preview.json"), text);
    const { notes, stacks } = compareFolders(earlier, out, [STACK], []);
    expect(notes).toEqual([
      "vultr.test counts as new: its earlier preview.json is damaged, or another version of roost wrote it",
    ]);
    expect(only(stacks).change).toBe("added");
  });

  test("shows why a stack is refused, and nothing as removed", async () => {
    const { nanobot: _missing, ...images } = config()["images"] as Record<string, string>; // the fixture's own map
    const difference = await changedBy({ images });
    expect(difference).toMatchObject({ change: "refused", resources: [], artifacts: [] });
    expect(difference.problems).toEqual([expect.stringMatching(/^roost:images\.nanobot is missing/)]);
  });

  test("counts a stack that was refused before as new, and says so", async () => {
    const [before, after] = [await previewed(config({ images: {} })), await previewed(config())];
    const { notes, stacks } = compareFolders(before.out, after.out, [STACK], []);
    expect(notes).toEqual(["vultr.test counts as new: it was refused before"]);
    expect(only(stacks).change).toBe("added");
  });

  test("says of a stack whose file is gone what it cost, and that nothing is removed by that", async () => {
    const { out } = await previewed(config());
    const { stacks } = compareFolders(out, empty, [], previewedStacks(out));
    expect(only(stacks)).toMatchObject({
      stack: STACK,
      change: "removed",
      resources: [],
      usdPerMonth: { before: 20, after: null },
    });
  });
});

describe("secrets", () => {
  /** Every text within a JSON value. */
  function texts(value: unknown): string[] {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
  }

  /** What stands in for the secrets of a host: its birth certificate, its tailnet key, and its release's secret files. */
  async function standIns({ artifacts }: Evaluated): Promise<string[]> {
    const { ignition, release } = only(artifacts);
    const birth = JSON.parse(await ignitionFile(ignition, "/etc/roost/birth.json"));
    const files = release.flatMap((entry) =>
      entry.path.startsWith("secrets/") && "content" in entry ? [entry.content.trim()] : [],
    );
    const state = release.find(({ path }) => path === "secrets/state.json");
    const computed = ["backblaze:index:ApplicationKey", "tailscale:index/tailnetKey:TailnetKey"].flatMap((type) =>
      ["store-host-state", "store-host-release-g1", "host-tailnet-g1"].map((name) => {
        const { applicationKey, key } = computedValues({ type, name, inputs: {} });
        return String(applicationKey ?? key);
      }),
    );
    const inState = state !== undefined && "content" in state ? String(JSON.parse(state.content).key) : "";
    const tailnetKey = (await ignitionFile(ignition, "/var/lib/roost/tailnet.key")).trim();
    return [birth.jwk.k, birth.store.key, tailnetKey, inState, ...files, ...computed];
  }

  test("and their stand-ins are in no preview.json, and in no line of a difference that shows everything", async () => {
    const after = await previewed(config({ tenants: { a: tenant("a") }, master: tenant("m") }));
    const secrets = await standIns(after);
    expect(secrets.length).toBeGreaterThan(10);
    // They are in the artifacts, so a difference that did not hide them would show them.
    expect(secrets.filter((secret) => only(after.artifacts).butane.includes(secret)).length).toBeGreaterThan(2);

    const difference = compareFolders(empty, after.out, [STACK], []);
    const shown = [
      ...texts(difference),
      markdown(difference),
      readFileSync(join(after.out, STACK, "preview.json"), "utf8"),
    ].join("\n");
    expect(shown).toContain("[secret]");
    expect(secrets.filter((secret) => secret === "" || shown.includes(secret))).toEqual([]);
  });

  test("are marked in preview.json: user data, uploaded content and the root", async () => {
    const { preview } = await previewed(config());
    const inputs = (name: string) => only(preview.resources.filter((each) => each.name === name)).inputs;
    expect(inputs("host-vm")["userData"]).toBe("[secret]");
    expect(inputs("release-archive-g1")["content"]).toBe("[secret]");
    expect(inputs("store-root")["input"]).toBe("[secret]");
    expect(inputs("host-vm")["region"]).toBe("ewr");
  });
});

describe("--against", () => {
  test("refuses a folder that is not there, or that this run would overwrite", () => {
    expect(() => checkAgainst(join(folder, "none"), empty)).toThrow(
      new UsageError(
        `--against must be the --out folder of an earlier preview, and there is no folder ${join(folder, "none")}`,
      ),
    );
    expect(() => checkAgainst(`${empty}/../empty`, empty)).toThrow(
      new UsageError(
        `--against and --out must be two folders, got ${empty}/../empty for both: give one preview another --out`,
      ),
    );
    expect(() => checkAgainst(empty, join(folder, "new"))).not.toThrow();
  });

  test("prints the difference, writes it beside the previews, and names stacks whose file is gone", {
    timeout: 60_000,
  }, () => {
    const [main, out] = [join(import.meta.dirname, "../../../../tools/preview/main.ts"), join(folder, "cli")];
    const earlier = join(folder, "earlier");
    writePreview(join(earlier, "vultr.gone"), { ...nothing, stack: "vultr.gone" });
    const args = ["vultr.nanobot.example", "--out", out, "--against", earlier];
    const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("| `vultr.nanobot.example` | new stack: ");
    expect(stdout).toContain("| `vultr.gone` | its file is gone | 5 → – | 1 → – | 2 → – |\n");
    expect(readFileSync(join(out, "difference.md"), "utf8")).toBe(stdout);
    const json: { stacks: StackDifference[] } = JSON.parse(readFileSync(join(out, "difference.json"), "utf8"));
    expect(json.stacks.map(({ stack, change }) => [stack, change])).toEqual([
      ["vultr.nanobot.example", "added"],
      ["vultr.gone", "removed"],
    ]);
    expect(existsSync(join(out, "vultr.nanobot.example", "preview.json"))).toBe(true);
  });

  const nothing = {
    resources: [],
    hosts: [],
    bytes: { userData: 1, release: 2 },
    usdPerMonth: 5,
    warnings: [],
    problems: [],
  };
});
