#!/usr/bin/env bash
# Builds actionlint, which checks GitHub's workflow files, and installs what their steps use of GitHub's runner image.
#
# Usage: actionlint.sh      (safe to repeat: what is complete stays as it is)
#
# Makes: actionlint-1.7.12/actionlint
# Installs: curl, jq, shellcheck (actionlint runs it over every step) and unzip
# Variables: ROOST_ORACLES  where it goes; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: root on Debian 12 with apt, Go >= 1.25, the Go module proxy.
set -euo pipefail

readonly version=1.7.12

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"
# shellcheck source-path=SCRIPTDIR source=lib/go-module.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/go-module.sh"

missing=()
for tool in curl jq shellcheck unzip; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ "${#missing[@]}" -gt 0 ]; then
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    "${missing[@]}" >/dev/null
fi

if [ -d "$(oracle_dir "actionlint-$version")" ]; then exit; fi
oracles=$(oracle_dir "")
mkdir -p "$oracles"
# Beside its place, so that the last step is a rename.
staged=$(mktemp -d "$oracles/.actionlint.XXXXXX")
trap 'rm -rf "$staged"' EXIT

source=$(go_module "github.com/rhysd/actionlint@v$version")
cd "$source"
CGO_ENABLED=0 go build -mod=mod -trimpath -ldflags "-s -w" -o "$staged/actionlint" ./cmd/actionlint
oracle_done "$staged" "actionlint-$version"
