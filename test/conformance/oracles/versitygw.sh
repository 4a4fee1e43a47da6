#!/usr/bin/env bash
# Builds versitygw, an S3 server with users, policies and versioning, for tests that need a store.
#
# Usage: versitygw.sh      makes versitygw-1.8.0/versitygw; does nothing when it is there already
# Variables: ROOST_ORACLES, see lib/apt-suite.sh
# Needs: Go >= 1.25, the Go module proxy
set -euo pipefail

version=1.8.0

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"
# shellcheck source-path=SCRIPTDIR source=lib/go-module.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/go-module.sh"

main() {
  local target source
  target=$(oracle_dir "versitygw-$version")
  if [ -x "$target/versitygw" ]; then return; fi
  mkdir -p "$(dirname "$target")"
  staged=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$staged"' EXIT
  source=$(go_module "github.com/versity/versitygw@v$version")
  (cd "$source" && CGO_ENABLED=0 go build -mod=mod -trimpath -o "$staged/versitygw" \
    -ldflags "-s -w -X main.Version=v$version" ./cmd/versitygw)
  oracle_done "$staged" "versitygw-$version"
}

main "$@"
