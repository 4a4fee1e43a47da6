import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What the fake holds; requests change it. */
export interface GitHub {
  readonly repository: string;
  readonly token: string;
  /** What the token may do, as a job's `permissions`. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly runId: number;
  readonly artifacts: readonly Artifact[];
  readonly pulls: Readonly<Record<number, { readonly state: string; readonly head: { readonly sha: string } }>>;
  readonly comments: Comment[];
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly expired?: boolean;
  readonly archive: Buffer;
}

export interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}

/** GitHub's message names the characters; people measured the bytes (https://github.com/dead-claudia/github-limits/pull/13). */
const MOST = { characters: 65_536, bytes: 262_144 };

/** Starts the part of GitHub's REST API that a comment needs; it refuses what the real one refuses. */
export async function serveGitHub(github: GitHub): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void answer(github, request, response, port());
  });
  const port = () => (server.address() as AddressInfo).port; // it listens on TCP
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${port()}`, requests };
}

async function answer(github: GitHub, request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer); // no encoding is set
  const { status, body, location } = route(github, request, Buffer.concat(parts).toString("utf8"), port);
  response.writeHead(status, location === undefined ? {} : { location });
  response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly location?: string;
}

const refusal = (status: number, message: string): Answer => ({ status, body: { message } });
const NOT_FOUND = refusal(404, "Not Found");

function route(github: GitHub, request: IncomingMessage, sent: string, port: number): Answer {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
  const blob = /^\/blob\/(\d+)$/.exec(pathname)?.[1];
  if (blob !== undefined) {
    // The storage behind the redirect knows its own signature and refuses a second way to authenticate.
    if (request.headers.authorization !== undefined) return refusal(400, "InvalidAuthenticationInfo");
    return { status: 200, body: github.artifacts.find(({ id }) => id === Number(blob))?.archive };
  }
  if (request.headers["user-agent"] === undefined) return refusal(403, "Request forbidden by administrative rules.");
  if (request.headers.authorization !== `Bearer ${github.token}`) return refusal(401, "Bad credentials");
  const prefix = `/repos/${github.repository}/`;
  if (!pathname.startsWith(prefix)) return NOT_FOUND;
  const path = pathname.slice(prefix.length);

  const number = Number(/\d+/.exec(path)?.[0]);
  switch (`${request.method} ${path.replace(/\d+/, "N")}`) {
    case "GET actions/runs/N/artifacts":
      return within(github, "actions", "read", () => artifacts(github, number, searchParams.get("name")));
    case "GET actions/artifacts/N/zip":
      return within(github, "actions", "read", () => {
        const artifact = github.artifacts.find(({ id }) => id === number);
        if (artifact === undefined) return NOT_FOUND;
        if (artifact.expired === true) return refusal(410, "Artifact has expired");
        // Another host than the API's.
        return { status: 302, body: "", location: `http://localhost:${port}/blob/${number}` };
      });
    case "GET pulls/N":
      return within(github, "pull-requests", "read", () => {
        const pull = github.pulls[number];
        return pull === undefined ? NOT_FOUND : { status: 200, body: pull };
      });
    case "GET issues/N/comments":
      return within(github, "pull-requests", "read", () => {
        const size = Math.min(Number(searchParams.get("per_page") ?? 30), 100);
        const start = (Number(searchParams.get("page") ?? 1) - 1) * size;
        return { status: 200, body: github.comments.slice(start, start + size) };
      });
    case "POST issues/N/comments":
      return within(github, "pull-requests", "write", () =>
        withBody(sent, (body) => {
          if (github.pulls[number] === undefined) return NOT_FOUND;
          github.comments.push({ id: 9000 + github.comments.length, user: { login: "github-actions[bot]" }, body });
          return { status: 201, body: {} };
        }),
      );
    case "PATCH issues/comments/N":
      return within(github, "pull-requests", "write", () =>
        withBody(sent, (body) => {
          const comment = github.comments.find(({ id }) => id === number);
          if (comment === undefined) return NOT_FOUND;
          comment.body = body;
          return { status: 200, body: {} };
        }),
      );
    default:
      return NOT_FOUND;
  }
}

function within({ permissions }: GitHub, scope: string, access: "read" | "write", then: () => Answer): Answer {
  const granted = permissions[scope];
  if (granted === "write" || granted === access) return then();
  return refusal(403, "Resource not accessible by integration");
}

function artifacts(github: GitHub, run: number, name: string | null): Answer {
  if (run !== github.runId) return NOT_FOUND;
  const found = github.artifacts.filter((artifact) => name === null || artifact.name === name);
  const listed = found.map(({ id, name: own, expired = false, archive }) => ({
    id,
    name: own,
    expired,
    size_in_bytes: archive.length,
  }));
  return { status: 200, body: { total_count: listed.length, artifacts: listed } };
}

function withBody(sent: string, then: (body: string) => Answer): Answer {
  let body: unknown;
  try {
    body = (JSON.parse(sent) as { body?: unknown }).body; // whatever was sent
  } catch {
    return refusal(400, "Problems parsing JSON");
  }
  if (typeof body !== "string" || body.trim() === "") return refusal(422, "Validation Failed: body can't be blank");
  if (body.length > MOST.characters || Buffer.byteLength(body) > MOST.bytes)
    return refusal(422, "Body is too long (maximum is 65536 characters)");
  return then(body);
}
