#!/usr/bin/env bash
# Builds headscale, a coordination server of a tailnet: it stands for Tailscale's service.
#
# Usage: headscale.sh       (safe to repeat: what is complete stays as it is)
#
# Makes: headscale-0.29.0/headscale      it calls itself "dev", because a version reaches it by Go's build info alone
# Variables: ROOST_ORACLES  where it goes; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: Go >= 1.26.4, the Go module proxy; no root.
set -euo pipefail

readonly version=0.29.0

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"
# shellcheck source-path=SCRIPTDIR source=lib/go-module.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/go-module.sh"

if [ -d "$(oracle_dir "headscale-$version")" ]; then exit; fi
oracles=$(oracle_dir "")
mkdir -p "$oracles"
staged=$(mktemp -d "$oracles/.headscale.XXXXXX")
trap 'rm -rf "$staged"' EXIT

source=$(go_module "github.com/juanfont/headscale@v$version")
cd "$source"
CGO_ENABLED=0 go build -mod=mod -trimpath -ldflags "-s -w" -o "$staged/headscale" ./cmd/headscale
oracle_done "$staged" "headscale-$version"
