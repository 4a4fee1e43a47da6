#!/usr/bin/env bash
# Builds the stand-in agent and its container image, without a registry.
#
# Usage: agent-image.sh BUSYBOX FOLDER      makes FOLDER/agent.oci.tar and FOLDER/image, which holds its reference by digest
# Variables: none
# Needs: Go, Node
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$here/agent" && GOFLAGS=-mod=mod CGO_ENABLED=0 GOTOOLCHAIN=local go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$work/agent" .)
node "$here/oci-image.ts" lab.example/agent "$work/agent" "$1" "$2/agent.oci.tar" >"$2/image"
