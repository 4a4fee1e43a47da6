#!/usr/bin/env bash
# Fetches OpenClaw's Discord plugin into an npm cache, from which the gateway's own installer takes it without network.
#
# Usage: fetch-discord.sh OUT     as root in a stage of OpenClaw's image; needs npm's registry
# OpenClaw trusts a plugin as official only where its own installer put it, and that is the state, on the volume.
# So the installer runs here against a state that is thrown away, and what npm fetched for it is kept.
set -euo pipefail

main() {
  local out=$1 version
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  version=$(openclaw --version | grep --only-matching --extended-regexp '[0-9]{4}(\.[0-9]+){2}')
  OPENCLAW_STATE_DIR=$work/state OPENCLAW_CONFIG_PATH=$work/openclaw.json OPENCLAW_NO_RESPAWN=1 \
    NPM_CONFIG_CACHE=$work/npm openclaw plugins install "npm:@openclaw/discord@$version" --pin
  mkdir "$out"
  cp -R "$work/npm/_cacache/content-v2" "$work/npm/_cacache/index-v5" "$out"
  chmod -R go+rX "$out"
}

main "$@"
