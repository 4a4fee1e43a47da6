#!/usr/bin/env bash
# Builds the client of Podman from its released source: static, so that it runs in an image of any distribution.
#
# Usage: build-podman.sh OUT     as root in a disposable Debian 13; needs apt and Go's module registry
# The version is the oldest that hosts may run: an engine serves older clients, not newer ones.
set -euo pipefail

readonly MODULE=github.com/containers/podman/v5 VERSION=v5.4.2
# Go's checksum database gave this hash of the source; the source's own go.sum names all other modules by hash.
readonly SUM=h1:r1Rv6GiH0YCFS91B+f0DEgEZK8yfzzkjiECVLjLjcuQ=
# A client for a socket: without an engine, and without libraries in C.
readonly TAGS=remote,containers_image_openpgp,exclude_graphdriver_btrfs

main() {
  local out=$1 found source
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends ca-certificates golang-go jq
  export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=readonly
  found=$(go mod download -json "$MODULE@$VERSION")
  if [ "$(jq -r .Sum <<<"$found")" != "$SUM" ]; then
    echo "build-podman.sh: the source of $MODULE $VERSION is not the one that was pinned" >&2
    return 1
  fi
  source=$(jq -r .Dir <<<"$found")
  (cd "$source" && go build -trimpath -buildvcs=false -ldflags="-s -w" -tags "$TAGS" -o "$out" ./cmd/podman)
  "$out" --version | grep -F "${VERSION#v}"
}

main "$@"
