#!/usr/bin/env bash
# Resolves requirements.in to requirements.lock: every package with its version and the hash of its wheel, sorted.
#
# Usage: lock.sh      as root inside a disposable Debian 13 (amd64), such as
#                     podman run --rm --volume "$PWD/images/nanobot:/work" docker.io/library/debian:trixie-slim bash /work/lock.sh
# Reads:  requirements.in beside this script      Writes: requirements.lock beside this script
# The same index gives the same file; a new release of any package moves its line. table.lock is written by hand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends python3 ca-certificates python3-pip-whl
report=$(mktemp)
trap 'rm -f "$report"' EXIT

# The interpreter of the image chooses the wheels, so the file holds one hash for each package: Python 3.13 on x86-64.
wheels=(/usr/share/python-wheels/pip-*.whl)
PYTHONPATH=${wheels[0]} python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
  --break-system-packages --ignore-installed --dry-run --only-binary :all: --report "$report" --requirement requirements.in

python3 - "$report" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    packages = json.load(file)["install"]
lines = sorted(
    f"{package['metadata']['name'].lower().replace('_', '-')}=={package['metadata']['version']}"
    f" --hash=sha256:{package['download_info']['archive_info']['hashes']['sha256']}\n"
    for package in packages
)
with open("requirements.lock", "w", encoding="utf-8") as file:
    file.write("# Made by lock.sh from requirements.in, for Debian 13's Python on x86-64.\n")
    file.writelines(lines)
PYTHON
