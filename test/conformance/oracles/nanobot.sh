#!/usr/bin/env bash
# Installs nanobot as roost's image has it, for the tests that ask nanobot itself about a config.json.
#
# usage: nanobot.sh
#
# Variables: ROOST_ORACLES  where oracles are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: Python 3.11 or newer with venv, and the machine's Python package registry.
set -euo pipefail

version=0.3.5
# Counts the sets of libraries: another set has to be another folder.
set=2
oracles=${ROOST_ORACLES:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles}
target=$oracles/nanobot-$version-$set
if [ -d "$target" ]; then
  exit 0
fi

mkdir -p "$oracles"
work=$(mktemp -d "$oracles/.nanobot-XXXXXX")
trap 'rm -rf "$work"' EXIT

# The channel libraries with the bounds of nanobot's own channel manifests: outside them it would install others at start.
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  "nanobot-ai==$version" \
  'python-telegram-bot[socks,webhooks]>=22.6,<23' 'socksio>=1,<2' 'python-socks[asyncio]>=2.8,<3' \
  'discord.py>=2.5.2,<3' \
  'neonize>=0.4.3.post0,<0.5' 'segno>=1.6.1,<2' \
  'lark-oapi>=1.5,<2'

# A rename is the last step, so that a half-made oracle is never used; venv/bin/python works from anywhere.
chmod 755 "$work"
mv -T "$work" "$target"
trap - EXIT
