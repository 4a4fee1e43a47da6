import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moltbotWorkload } from "../../agents/moltbot.ts";
import { args, IMAGE, onDiscord, SANDBOX_IMAGE } from "../unit/agents/moltbot-fixtures.ts";
import {
  type BuildOptions,
  build,
  configOf,
  goFolders,
  type Layer,
  layersOf,
  MACHINE,
  rootOf,
  sizeReport,
} from "./support/builder.ts";
import { credentials, ownersOf, setuidFiles, writableByAll } from "./support/checks.ts";
import { environmentOf, inside, type Said } from "./support/container.ts";
import { HOSTS, release as packRelease, publicKeys, serve, signingKey } from "./support/downloads.ts";

const ADDRESS = "127.0.0.1";
const FAKE_OP = readFileSync(join(import.meta.dirname, "support/fake-op.sh"), "utf8");
const VAULT_TOKEN = "ops_eyJzdGFuZC1pbiI6InNlcnZpY2UgYWNjb3VudCJ9";

const folder = mkdtempSync(join(tmpdir(), "roost-images-"));
let servers: Server | undefined;
let options: BuildOptions;
let image = "";
let root = "";
let release = (): void => undefined;

beforeAll(async () => {
  const key = signingKey(join(folder, "key"));
  const archive = packRelease(join(folder, "release"), FAKE_OP, key);
  servers = await serve(folder, ADDRESS, archive, publicKeys(key));
  const authorities = join(folder, "authorities.crt");
  writeFileSync(
    authorities,
    [join(folder, "authority.pem"), join(MACHINE, "ca.crt")].map((file) => readFileSync(file, "utf8")).join("\n"),
  );
  options = {
    args: { BASE: "localhost/openclaw:2026.9.6", BUILDER: "localhost/debian:trixie", OP_KEY: key.fingerprint },
    mounts: {
      ...goFolders,
      // Debian trusts what lies here as soon as ca-certificates is installed.
      "/usr/local/share/ca-certificates/machine.crt:ro": authorities,
      "/etc/roost-machine.crt:ro": join(MACHINE, "ca.crt"),
      "/root/.npmrc:ro": join(MACHINE, "npmrc"),
      "/root/.config/go/env:ro": join(MACHINE, "go.env"),
    },
    hosts: Object.fromEntries(HOSTS.map((host) => [host, ADDRESS])),
  };
  image = await build("moltbot-gateway", "first", options);
  ({ root, release } = rootOf(image));
  console.log(sizeReport(image));
});
afterAll(() => {
  release();
  servers?.close();
  rmSync(folder, { recursive: true });
});

describe("the gateway image", () => {
  test("starts as uid 1000, by the entry point that shows npm the plugins", () => {
    const { User, Entrypoint, Cmd } = configOf(image);
    expect({ User, Entrypoint, Cmd }).toEqual({
      User: "1000:1000",
      Entrypoint: ["tini", "-s", "--", "/opt/moltbot/moltbot-entrypoint"],
      Cmd: ["openclaw", "gateway"],
    });
  });

  test("has no setuid file", () => {
    expect(setuidFiles(root)).toEqual([]);
  });

  test("has nothing that anyone may write", () => {
    expect(writableByAll(root)).toEqual([]);
  });

  test("holds no login", () => {
    expect(credentials(root, configOf(image).Env)).toEqual([]);
  });

  test.each(["/usr/local/bin/op", "/usr/local/bin/podman"])("has %s where only root could replace it", (path) => {
    expect(ownersOf(root, path)).toEqual(
      ["/usr", "/usr/local", "/usr/local/bin", path].map((here) => `0:0 755 ${here}`),
    );
  });

  test("has the client of Podman 5.4.2, OpenClaw 2026.9.6 under both names, curl and tini", async () => {
    const environment = environmentOf(configOf(image));
    const versions = `podman --version; op --version; openclaw --version; moltbot --version
      curl --version | cut -d' ' -f1 | head -1; tini --version | cut -d' ' -f1`;
    const { status, text } = await inside({ root, environment: { ...environment, HOME: "/tmp" } }, versions);
    expect({ status, text: text.replaceAll(/ \(\w+\)/g, "") }).toEqual({
      status: 0,
      text: "podman version 5.4.2\n2.39.0\nOpenClaw 2026.9.6\nOpenClaw 2026.9.6\ncurl\ntini\n",
    });
  });

  test("has a client that asks the engine whose socket CONTAINER_HOST names, and no engine of its own", async () => {
    const environment = { ...environmentOf(configOf(image)), CONTAINER_HOST: "unix:///run/none.sock", HOME: "/tmp" };
    const { status, text } = await inside({ root, environment }, "podman ps");
    expect(status).toBe(125);
    expect(text).toContain("dial unix /run/none.sock");
  });

  test("has the same layers when it is built again, but for the npm cache of the Discord plugin", async () => {
    const again = await build("moltbot-gateway", "second", options);
    const others = (layers: readonly Layer[]): Layer[] =>
      layers.filter(({ step }) => !step.includes("/opt/moltbot/npm"));
    expect(others(layersOf(again))).toEqual(others(layersOf(image)));
    expect(layersOf(again).length - others(layersOf(again)).length).toBe(1);
  });
});

/** What the workload of a stack with Discord and two registered items brings to the container. */
const workload = moltbotWorkload(
  args({
    ...onDiscord,
    onepassword: {
      serviceAccountToken: VAULT_TOKEN,
      vault: "moltbot",
      items: {
        "github-token": { item: "GitHub Token - Moltbot", policy: "auto" },
        bank: { item: "Bank" },
        gone: { item: "Gone", policy: "auto" },
      },
    },
  }),
  { image: IMAGE, sandboxImage: SANDBOX_IMAGE },
);

describe("the gateway, started in the image without any network", () => {
  let said: Said;
  let answers: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    said = await inside(
      {
        root,
        environment: { ...environmentOf(configOf(image)), ...workload.environment },
        volumes: layOut(),
        secondsAtMost: 280,
      },
      script(configOf(image).Entrypoint, workload.command),
    );
    answers = Object.fromEntries(
      said.text.split("\n=== ").map((part) => [part.split("\n")[0] ?? "", part.slice(part.indexOf("\n") + 1).trim()]),
    );
  });

  test("is alive", () => {
    expect(answers["health"], said.text).toBe('{"ok":true,"status":"live"}');
  });

  test("has the Discord plugin of its own version, from npm as far as OpenClaw knows, and trusted as official", () => {
    expect(answers["discord"]?.match(/^(Status|Version|Trust: reason)[:=][^;\n]*/gm)).toEqual([
      "Status: enabled",
      "Trust: reason=trusted-official",
      "Version: 2026.9.6",
    ]);
  });

  test("takes `moltbot pairing approve discord CODE` for OpenClaw's own command", () => {
    expect(answers["pairing"]).toContain('No pending pairing request found for code "ABCDEFGH"');
  });

  test("reads an item that its policy allows, with the token of the credentials file", () => {
    expect(JSON.parse(answers["allowed"] ?? "")).toMatchObject({
      ok: true,
      result: { details: { ok: true, slug: "github-token", value: "ghp_standIn" } },
    });
  });

  test("refuses an item that its policy does not allow", () => {
    expect(JSON.parse(answers["denied"] ?? "")).toMatchObject({ ok: false, error: { type: "tool_call_blocked" } });
  });

  test("refuses what is not registered, though the vault has it", () => {
    expect(JSON.parse(answers["unregistered"] ?? "")).toMatchObject({
      ok: false,
      error: { type: "tool_call_blocked", message: "Unknown 1Password slug: card" },
    });
  });

  test("says which item the vault lacks", () => {
    expect(JSON.parse(answers["gone"] ?? "")).toMatchObject({
      ok: true,
      result: { details: { ok: false, error: { code: "ITEM_NOT_FOUND" } } },
    });
  });

  test("ends in order when it is told to", () => {
    expect(answers["end"]).toBe("0");
  });

  test("prints no token", () => {
    const tokens = workload.secrets.map(({ name, value }) => ("reveal" in value ? value.reveal() : name));
    expect(tokens.filter((token) => said.text.includes(token))).toEqual([]);
  });
});

/** The folders of the container, as the host lays them out. */
function layOut(): string[] {
  const [data, config, secrets] = [join(folder, "data"), join(folder, "config"), join(folder, "secrets")];
  for (const made of [data, config, secrets]) mkdirSync(made);
  chownSync(data, 1000, 1000);
  for (const [name, text] of Object.entries(workload.files)) writeFileSync(join(config, name), text, { mode: 0o444 });
  for (const { target, mode, value } of workload.secrets) {
    const below = target.startsWith("/")
      ? join(data, target.slice(workload.state.mountPath.length))
      : join(secrets, target);
    ownedFolders(data, dirname(below));
    writeFileSync(below, "reveal" in value ? value.reveal() : "stand-in-of-the-gateway-token-0123456789");
    chmodSync(below, mode);
    chownSync(below, 1000, 1000);
  }
  return [`${data}:${workload.state.mountPath}`, `${config}:/etc/openclaw:ro`, `${secrets}:/run/secrets:ro`];
}

function ownedFolders(top: string, path: string): void {
  if (path === top || !path.startsWith(top)) return;
  ownedFolders(top, dirname(path));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chownSync(path, 1000, 1000);
}

/** Starts the container's command, waits for its health and asks; each answer after a line `=== NAME`. */
function script(entryPoint: readonly string[], command: readonly string[]): string {
  const invoke = (slug: string): string =>
    `curl -s http://127.0.0.1:18789/tools/invoke -H "Authorization: Bearer $(cat /run/secrets/gateway-token)" \\
      -H 'content-type: application/json' \\
      -d '{"tool":"onepassword","args":{"action":"get","slug":"${slug}","reason":"a test"}}'`;
  return `
    ${[...entryPoint, ...command].join(" ")} >/tmp/gateway.log 2>&1 &
    gateway=$!
    for second in $(seq 240); do
      curl -fs http://127.0.0.1:18789/healthz >/dev/null && break
      sleep 1
    done
    printf '\n=== %s\n' log; cat /tmp/gateway.log
    printf '\n=== %s\n' health; curl -s http://127.0.0.1:18789/healthz
    printf '\n=== %s\n' discord; openclaw plugins inspect discord 2>&1
    printf '\n=== %s\n' pairing; moltbot pairing approve discord ABCDEFGH 2>&1
    ${["allowed github-token", "denied bank", "unregistered card", "gone gone"]
      .map((line) => line.split(" "))
      .map(([name, slug = ""]) => `printf '\n=== %s\n' ${name}; ${invoke(slug)}`)
      .join("\n    ")}
    kill $gateway; wait $gateway; printf '\n=== end\n%s' $?`;
}
