"""Reads a restored state inside nanobot's image, as the agent's user, without network.

usage: python3 -I - FOLDER [DATABASE...] < inspect-nanobot.py     DATABASE below FOLDER
       prints {"jsonl", "databases"}: how many files of each kind were read
exit:  1 and one line when a session, a database or the config cannot be used
"""

import json
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    sessions = [path for path in regular_files(folder / "sessions") if path.suffix == ".jsonl"]
    for path in sessions:
        check_lines(path, folder)
    databases = [folder / name for name in sys.argv[2:] if is_regular(folder / name)]
    for path in databases:
        check_database(path, folder)
    check_config(folder / "config.json")
    print(json.dumps({"jsonl": len(sessions), "databases": len(databases)}))


def regular_files(folder: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(folder):
        yield from (path for name in names if is_regular(path := Path(directory, name)))


def is_regular(path: Path) -> bool:
    # Nothing else is opened: a FIFO would wait for ever.
    return path.exists() and stat.S_ISREG(path.lstat().st_mode)


def check_lines(path: Path, folder: Path) -> None:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            # A pause may have come in the middle of the last write, which nanobot skips as well.
            if not line.strip() or not line.endswith(b"\n"):
                continue
            try:
                json.loads(line)
            except ValueError:
                refuse(f"{path.relative_to(folder)}: line {number} is not JSON")


def check_database(path: Path, folder: Path) -> None:
    try:
        # Writable: the scratch copy's -wal is to be played back.
        with sqlite3.connect(path) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        refuse(f"{path.relative_to(folder)}: {found.splitlines()[0]}")


def check_config(path: Path) -> None:
    from nanobot.config.loader import load_config

    try:
        load_config(path)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the agent would not start
        refuse(f"config.json does not load: {type(error).__name__}")


def refuse(line: str) -> None:
    print(line)
    sys.exit(1)


main()
