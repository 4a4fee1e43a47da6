#!/usr/bin/env bash
# Builds Tailscale's own daemon and command line, which join a tailnet of headscale.sh.
#
# Usage: tailscaled.sh      (safe to repeat: what is complete stays as it is)
#
# Makes: tailscale-1.100.0/tailscaled
#        tailscale-1.100.0/tailscale
# Variables: ROOST_ORACLES  where they go; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: Go >= 1.26.4, the Go module proxy; no root.
set -euo pipefail

readonly version=1.100.0

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"
# shellcheck source-path=SCRIPTDIR source=lib/go-module.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/go-module.sh"

if [ -d "$(oracle_dir "tailscale-$version")" ]; then exit; fi
oracles=$(oracle_dir "")
mkdir -p "$oracles"
staged=$(mktemp -d "$oracles/.tailscale.XXXXXX")
trap 'rm -rf "$staged"' EXIT

source=$(go_module "tailscale.com@v$version")
cd "$source"
# Without a stamp the daemon reports the version "-ERR-BuildInfo".
for program in tailscaled tailscale; do
  CGO_ENABLED=0 go build -mod=mod -trimpath -o "$staged/$program" \
    -ldflags "-s -w -X tailscale.com/version.shortStamp=$version -X tailscale.com/version.longStamp=$version" \
    "./cmd/$program"
done
oracle_done "$staged" "tailscale-$version"
