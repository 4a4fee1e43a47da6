"""Starts nanobot so that nothing it starts can read its secrets.

usage: launcher.py gateway --config FILE [ARGUMENT...]     every argument goes to nanobot

nanobot takes secrets from its environment alone, and an agent with a shell could read that of its parent. So this
process begins as root of the container and forks: the parent reaps and forwards SIGTERM; the child reads secrets that
only root can read, closes itself to the processes of its future user, becomes uid 1000 and runs nanobot without exec.

Reads:     /run/secrets/<VARIABLE>    root-owned, mode 0400; becomes the variable of that name
Variables: ROOST_SHARED_SESSIONS=1    people of this agent may reach each other's chats
Exit:      nanobot's own status, or 64 wrong usage, 70 another nanobot, 77 no isolation, 78 config or secrets;
           ../README.md says more
"""

import ctypes
import errno
import functools
import inspect
import io
import os
import platform
import re
import resource
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

SECRETS = Path("/run/secrets")
AGENT = 1000  # uid and gid

EX_USAGE, EX_SOFTWARE, EX_NOPERM, EX_CONFIG = 64, 70, 77, 78

FORWARDED = {signal.SIGTERM, signal.SIGINT}

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
LINUX_CAPABILITY_VERSION_3 = 0x20080522
# What Python announces before it starts a program: https://docs.python.org/3/library/audit_events.html
STARTS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"}
LIBC = ctypes.CDLL(None, use_errno=True)


class Refusal(Exception):
    """What keeps the agent from starting: an exit status, and one line without any secret."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


def main() -> None:
    arguments = sys.argv[1:]
    config = config_path(arguments)
    if os.geteuid() != 0:
        # Also what is left of a re-exec by nanobot: it would run without the protection below.
        raise Refusal(EX_NOPERM, f"must start as root of the container, got uid {os.geteuid()}")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    call(LIBC.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    # Blocked before the fork, so that no signal is lost between it and sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {*FORWARDED, signal.SIGCHLD})
    # Without CAP_KILL root may not signal the agent, its own user may. The real and the saved id stay root's, so that the
    # agent may not signal the parent, and the child can go back for the secrets.
    change_user(os.setresuid, 0, AGENT, 0)
    child = os.fork()
    if child != 0:
        sys.exit(supervise(child))
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    os.seteuid(0)
    run(arguments, config)


def config_path(arguments: list[str]) -> Path:
    if arguments[:1] != ["gateway"] or arguments.count("--config") != 1 or arguments[-1] == "--config":
        raise Refusal(EX_USAGE, "usage: launcher.py gateway --config FILE [ARGUMENT...]")
    return Path(arguments[arguments.index("--config") + 1])


def supervise(child: int) -> int:
    """Reaps every orphan, forwards signals, and returns the exit status of the agent."""
    while True:
        received = signal.sigwait({*FORWARDED, signal.SIGCHLD})
        if received != signal.SIGCHLD:
            os.kill(child, received)
            continue
        while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
            if ended[0] == child:
                status = os.waitstatus_to_exitcode(ended[1])
                return status if status >= 0 else 128 - status


def run(arguments: list[str], config: Path) -> None:
    secrets = read_secrets(config)
    become_agent()
    require_isolation()
    # The OpenAI client asks for it later, by a `uname` that would be given every variable; the answer is kept.
    platform.processor()
    set_variables(secrets)
    mask_output(list(secrets.values()))
    if os.environ.get("ROOST_SHARED_SESSIONS") != "1":
        keep_to_own_chat()
    tools = require_config(config).tools
    if not (tools.exec.enable or tools.cli_apps.enable or tools.mcp_servers):
        refuse_programs()

    sys.argv = ["nanobot", *arguments]
    from nanobot.cli.entry import main as nanobot

    nanobot()


def read_secrets(config: Path) -> dict[str, str]:
    """Every secret of the container; those that the config refers to and nobody set must be among them."""
    try:
        text = config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(EX_CONFIG, f"{config}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    referred = set(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", text)) - set(os.environ)
    # Container engines put files of their own there, none of which has a variable's name.
    found = {path.name for path in SECRETS.glob("*") if re.fullmatch(r"[A-Z][A-Z0-9_]*", path.name)}
    values: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(referred | found):
        try:
            values[name] = read_secret(SECRETS / name)
        except ValueError as problem:
            problems.append(f"{SECRETS / name}: {problem}")
    if problems:
        raise Refusal(EX_CONFIG, "; ".join(problems))
    return values


def read_secret(path: Path) -> str:
    """The secret in a file, less a final line break; a ValueError says what is wrong with it."""
    if path.name in os.environ:
        raise ValueError("is also set as a plain variable: remove one of the two")
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read()
    except FileNotFoundError:
        raise ValueError("is missing, and config.json refers to it: mount the secret with this target") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    if status.st_uid != 0 or stat.S_IMODE(status.st_mode) & 0o077:
        raise ValueError(
            f"must be readable by root alone, has uid {status.st_uid} and mode {stat.S_IMODE(status.st_mode):04o}: "
            "mount it with uid=0,mode=0400"
        )
    try:
        value = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError("must be text in UTF-8") from None
    if value.strip() == "":
        raise ValueError("is empty: store the secret again")
    if not value.isprintable():
        raise ValueError("must be one line of printable text")
    return value


def become_agent() -> None:
    change_user(os.setgroups, [])
    change_user(os.setresgid, AGENT, AGENT, AGENT)
    change_user(os.setresuid, AGENT, AGENT, AGENT)
    # Leaving uid 0 empties the permitted set, not the inheritable one.
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    call(LIBC.capset, header, (ctypes.c_uint32 * 6)())
    call(LIBC.prctl, PR_SET_DUMPABLE, 0, 0, 0, 0)


def change_user(function: Callable[..., None], *ids: object) -> None:
    try:
        function(*ids)
    except PermissionError:
        raise Refusal(EX_NOPERM, f"cannot become uid {AGENT}: add the capabilities SETUID and SETGID") from None


def call(function: Callable[..., int], *arguments: object) -> None:
    if function(*arguments) != 0:
        raise Refusal(EX_NOPERM, f"the kernel refused {function.__name__}: {os.strerror(ctypes.get_errno())}")


def require_isolation() -> None:
    """Refuses to go on when the process is not what it should be or a child of it could read its memory."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    ids, none = "\t".join([str(AGENT)] * 4), "0" * 16
    expected = {"Uid": ids, "Gid": ids, "Groups": "", "NoNewPrivs": "1"}
    expected |= {"CapInh": none, "CapPrm": none, "CapEff": none, "CapAmb": none}
    for key, value in expected.items():
        if status[key].strip() != value:
            raise Refusal(EX_NOPERM, f"{key} of the agent's process must be {value!r}, got {status[key].strip()!r}")
    target = os.getpid()
    probe = os.fork()
    if probe == 0:
        opened = [name for name in ("environ", "mem", "maps") if can_open(f"/proc/{target}/{name}")]
        os._exit(1 if opened else 0)
    if os.waitpid(probe, 0)[1] != 0:
        raise Refusal(EX_NOPERM, "a child of the agent can read its environment or memory: this kernel gives no isolation")


def can_open(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except PermissionError:
        return False
    return True


def set_variables(secrets: dict[str, str]) -> None:
    """Sets them for Python alone: a program that is started with the environment of this process gets none of them."""
    # Assigned to os.environ itself, they would be known to the C library too.
    os.environ._data.update({os.environ.encodekey(name): os.environ.encodevalue(secrets[name]) for name in secrets})


class Masked(io.TextIOWrapper):
    """An output without secrets: nanobot logs a channel's section, token included, when a value in it has a wrong type."""

    secrets: tuple[str, ...] = ()

    def write(self, text: str) -> int:
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        return super().write(text)


def mask_output(secrets: list[str]) -> None:
    # Longest first: a secret may contain another.
    Masked.secrets = tuple(sorted(secrets, key=len, reverse=True))
    sys.stdout, sys.stderr = (
        Masked(stream.buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        for stream in (sys.stdout, sys.stderr)
    )


def keep_to_own_chat() -> None:
    """Takes away what reads or writes other people's chats: nanobot has no setting for it."""
    try:
        from nanobot.agent.tools.base import ToolResult
        from nanobot.agent.tools.context import current_request_context
        from nanobot.agent.tools.message import MessageTool
        from nanobot.agent.tools.session_messages import ListSessionsTool, SendSessionMessageTool
        from nanobot.agent.tools.sessions import ReadSessionTool, SearchSessionsTool
    except ImportError as error:
        raise Refusal(EX_SOFTWARE, f"this nanobot is not the one the launcher was made for ({error})") from None
    for tool in (ListSessionsTool, ReadSessionTool, SearchSessionsTool, SendSessionMessageTool):
        if not hasattr(tool, "enabled"):
            raise Refusal(EX_SOFTWARE, f"this nanobot's {tool.__name__} cannot be turned off")
        tool.enabled = classmethod(lambda _tool, _context: False)

    send = MessageTool.execute
    if not {"content", "channel", "chat_id"} <= set(inspect.signature(send).parameters):
        raise Refusal(EX_SOFTWARE, "this nanobot's MessageTool takes other arguments")

    @functools.wraps(send)
    async def execute(self, content, channel=None, chat_id=None, **rest):
        request = current_request_context()
        own = (None, None) if request is None else (request.channel, str(request.chat_id))
        if any(given and str(given) != mine for given, mine in zip((channel, chat_id), own, strict=True)):
            return ToolResult.error("Error: this agent sends to the current chat only; omit channel and chat_id")
        return await send(self, content, **rest)

    MessageTool.execute = execute


def require_config(path: Path):
    """Lets nanobot judge the file first, so that a bad one is one line and no part of the agent runs."""
    from nanobot.config.errors import ConfigLoadError
    from nanobot.config.loader import load_config, resolve_config_env_vars

    try:
        config = resolve_config_env_vars(load_config(path), config_path=path)
    except ConfigLoadError as error:
        issues = [f"{issue.location}: {issue.message}" for issue in error.issues]
        raise Refusal(EX_CONFIG, f"{path}: nanobot refuses it: {' '.join(issues or [error.summary])}") from None
    if config.gateway.restart_mode != "exit":
        # Any other mode replaces the process by exec, whose new environment its children can read.
        raise Refusal(EX_CONFIG, f'{path}: gateway.restartMode must be "exit", got "{config.gateway.restart_mode}"')
    return config


def refuse_programs() -> None:
    """Keeps an agent without a shell from getting one: its git store runs hooks and filters, and it can write both."""

    def refuse(event: str, arguments: tuple) -> None:
        # ctypes looks for libraries by it.
        if event in STARTS and arguments[0] != "/sbin/ldconfig":
            raise PermissionError(errno.EPERM, "this agent starts no programs: exec is off")

    sys.addaudithook(refuse)


if __name__ == "__main__":
    try:
        main()
    except Refusal as refusal:
        print(f"launcher: {refusal}", file=sys.stderr)
        sys.exit(refusal.status)
