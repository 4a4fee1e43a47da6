import { describe, expect, test } from "vitest";
import type { Workload } from "../../../agents/workload.ts";
import type { ReleaseEntry } from "../../../quadlets/release-file.ts";
import { type QuadletOptions, quadletFiles } from "../../../quadlets/render.ts";
import { moltbot, nanobot } from "./fixtures.ts";

const render = (workloads: readonly Workload[], options: QuadletOptions = { registryAuth: false }) =>
  quadletFiles(workloads, options);

/** Text of a file of a release, or the target of a link. */
function entry(entries: readonly ReleaseEntry[], path: string): string {
  const found = entries.find((candidate) => candidate.path === `quadlets/${path}`);
  if (found === undefined) throw new Error(`the release has no quadlets/${path}`);
  return "target" in found ? `-> ${found.target}` : found.content;
}

const paths = (entries: readonly ReleaseEntry[]): string[] =>
  entries.map(({ path }) => path.replace("quadlets/", "")).toSorted();

describe("quadletFiles", () => {
  test("gives a host without workloads nothing", () => {
    expect(render([])).toEqual([]);
  });

  test("gives a tenant its instance, drop-in and network beside the shared template and image", () => {
    expect(paths(render([nanobot("frontend"), nanobot("my-bot")]))).toEqual([
      "nanobot-frontend.network",
      "nanobot-my-bot.network",
      "nanobot.image",
      "nanobot.image.d/10-reference.conf",
      "nanobot@.container",
      "nanobot@frontend.container",
      "nanobot@frontend.container.d/10-workload.conf",
      "nanobot@my-bot.container",
      "nanobot@my-bot.container.d/10-workload.conf",
    ]);
  });

  test("gives the master a unit of its own name", () => {
    expect(paths(render([nanobot("master")]))).toEqual([
      "nanobot-master.container",
      "nanobot-master.container.d/10-workload.conf",
      "nanobot-master.network",
      "nanobot.image",
      "nanobot.image.d/10-reference.conf",
    ]);
  });

  test("gives the Moltbot gateway the sandboxes' image and network too", () => {
    expect(paths(render([moltbot()]))).toEqual([
      "moltbot-gateway.container",
      "moltbot-gateway.container.d/10-workload.conf",
      "moltbot-gateway.image",
      "moltbot-gateway.image.d/10-reference.conf",
      "moltbot-gateway.network",
      "moltbot-sandbox.image",
      "moltbot-sandbox.image.d/10-reference.conf",
      "moltbot-sandbox.network",
    ]);
  });

  test("leaves a tenant's files as they are when a neighbour comes", () => {
    const alone = render([nanobot("frontend")]);
    expect(render([nanobot("frontend"), moltbot(), nanobot("a")])).toEqual(expect.arrayContaining(alone));
  });

  test("makes the instance a link to the template beside it", () => {
    expect(entry(render([nanobot("frontend")]), "nanobot@frontend.container")).toBe("-> nanobot@.container");
  });

  test("writes what differs per tenant into the instance's drop-in", () => {
    expect(
      entry(render([nanobot("frontend")]), "nanobot@frontend.container.d/10-workload.conf"),
    ).toMatchInlineSnapshot(`
      "[Unit]
      Requires=roost-restore@frontend.service
      Wants=roost-final@frontend.service
      After=roost-restore@frontend.service roost-final@frontend.service

      [Container]
      UIDMap=0:1916518086:1
      UIDMap=1000:1916518087:1
      GIDMap=0:1916518086:1
      GIDMap=1000:1916518087:1
      Network=nanobot-frontend.network
      Exec=gateway --config /data/config.json
      Environment=LOGURU_DIAGNOSE=NO
      Environment=PIP_NO_INDEX=1
      Secret=frontend-telegram-token,type=mount,target=TELEGRAM_BOT_TOKEN,uid=0,gid=0,mode=0400
      Secret=frontend-anthropic-key,type=mount,target=ANTHROPIC_API_KEY,uid=0,gid=0,mode=0400
      PidsLimit=256
      PodmanArgs=--memory=1024m --memory-swap=1024m --cpus=1
      HealthCmd=["python3","-c","import urllib.request; urllib.request.urlopen('http://127.0.0.1:18790/health')"]
      HealthInterval=30s
      HealthTimeout=5s
      HealthRetries=3
      HealthStartPeriod=60s
      StopTimeout=30

      [Service]
      TimeoutStopSec=60
      "
    `);
  });

  test("maps the gateway's uid 1000 to the host's user moltbot", () => {
    expect(entry(render([moltbot()]), "moltbot-gateway.container.d/10-workload.conf")).toMatchInlineSnapshot(`
      "[Unit]
      Requires=roost-restore@moltbot.service
      Wants=roost-final@moltbot.service
      After=roost-restore@moltbot.service roost-final@moltbot.service

      [Container]
      UIDMap=0:1906362730:1
      UIDMap=1000:1001:1
      GIDMap=0:1906362730:1
      GIDMap=1000:1001:1
      Network=moltbot-gateway.network
      Environment=OPENCLAW_CONFIG_READONLY=1
      Environment=CONTAINER_HOST=unix:///run/user/1001/podman/podman.sock
      Secret=moltbot-discord-token,type=mount,target=discord-token,uid=1000,gid=1000,mode=0400
      Secret=moltbot-onepassword-token,type=mount,target=/var/lib/roost/state/moltbot/data/openclaw/credentials/onepassword/service-account-token,uid=1000,gid=1000,mode=0600
      PidsLimit=512
      PodmanArgs=--memory=2048m --memory-swap=2048m --cpus=2
      HealthCmd=["curl","-fsS","http://127.0.0.1:18789/healthz"]
      HealthInterval=30s
      HealthTimeout=5s
      HealthRetries=3
      HealthStartPeriod=60s
      StopTimeout=330

      [Service]
      TimeoutStopSec=360
      "
    `);
  });

  test("leaves Exec= to the image when there is no command", () => {
    expect(entry(render([moltbot({ command: [] })]), "moltbot-gateway.container.d/10-workload.conf")).not.toContain(
      "Exec=",
    );
  });

  test("isolates a tenant's network from every other", () => {
    expect(entry(render([nanobot("frontend")]), "nanobot-frontend.network")).toMatchInlineSnapshot(`
      "[Unit]
      Description=Network of nanobot-frontend

      [Network]
      NetworkName=nanobot-frontend
      Options=isolate=strict

      [Service]
      Restart=on-failure
      RestartMode=direct
      RestartSec=30
      "
    `);
  });

  test("pulls an image only when its digest is not there", () => {
    expect(entry(render([nanobot("frontend")]), "nanobot.image.d/10-reference.conf")).toMatchInlineSnapshot(`
      "[Image]
      Image=registry.example/roost/nanobot@sha256:0000000000000000000000000000000000000000000000000000000000000000

      [Service]
      ExecCondition=/usr/bin/bash -c '! /usr/bin/podman image exists "$$1"' - registry.example/roost/nanobot@sha256:0000000000000000000000000000000000000000000000000000000000000000
      "
    `);
  });

  test("pulls the sandbox's image with root's credentials into the engine of the user moltbot", () => {
    const release = render([moltbot()], { registryAuth: true });
    expect(entry(release, "moltbot-sandbox.image.d/10-reference.conf")).toMatchInlineSnapshot(`
      "[Image]
      Image=registry.example/roost/moltbot-sandbox@sha256:0000000000000000000000000000000000000000000000000000000000000000
      AuthFile=/var/lib/roost/auth.json

      [Service]
      ExecCondition=/usr/bin/bash -c '! /usr/bin/podman --url=unix:///run/user/1001/podman/podman.sock image exists "$$1"' - registry.example/roost/moltbot-sandbox@sha256:0000000000000000000000000000000000000000000000000000000000000000
      "
    `);
  });

  test.each(["nanobot", "moltbot-gateway", "moltbot-sandbox"])("gives %s.image the registry's credentials", (image) => {
    const release = render([moltbot(), nanobot("a")], { registryAuth: true });
    expect(entry(release, `${image}.image.d/10-reference.conf`)).toContain("\nAuthFile=/var/lib/roost/auth.json\n");
  });

  test("lets systemd wait longer than podman before it kills", () => {
    const dropIn = entry(render([nanobot("a", { stopTimeoutSeconds: 100 })]), "nanobot@a.container.d/10-workload.conf");
    expect(dropIn).toContain("\nStopTimeout=100\n");
    expect(dropIn).toContain("\nTimeoutStopSec=130\n");
  });

  test("holds no secret's value", () => {
    expect(JSON.stringify(render([moltbot(), nanobot("a")]))).not.toContain("value of");
  });

  test("refuses two images for one kind", () => {
    const other = nanobot("b", { image: "registry.example/other@sha256:1" });
    expect(() => render([nanobot("a"), other])).toThrow(
      /^workload "b": image nanobot must be the host's registry\.example\/roost\/nanobot@sha256:0{64}, got registry\.example\/other@sha256:1$/,
    );
  });

  test("refuses a state path that the static sources do not mount", () => {
    const { state } = nanobot("a");
    expect(() => render([nanobot("a", { state: { ...state, mountPath: "/srv" } })])).toThrow(
      /^workload "a": state\.mountPath must be \/data, got \/srv$/,
    );
  });

  test("refuses a Moltbot without the sandbox image that the gateway's unit requires", () => {
    expect(() => render([moltbot({ extraImages: {} })])).toThrow(
      /^workload "moltbot": extraImages must name moltbot-sandbox$/,
    );
  });
});
