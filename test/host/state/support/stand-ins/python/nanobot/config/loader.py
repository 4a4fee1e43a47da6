"""nanobot's loader for tests of the host's scripts: a config is a JSON object."""

import json
from pathlib import Path


def load_config(path: Path) -> dict:
    config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise ValueError("no object")
    return config
