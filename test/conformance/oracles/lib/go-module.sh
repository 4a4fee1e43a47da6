# shellcheck shell=bash
# Sources of a Go module, to be built in their own folder: sourced by the oracle scripts.
#
#   go_module MODULE@VERSION              downloads it and prints its folder in Go's cache; the name has no capitals
#
# Needs: Go and the Go module proxy.

# `go install MODULE/package@version` would first ask the proxy for a list of versions, which not every proxy serves.
go_module() {
  local scratch
  scratch=$(mktemp -d)
  # A folder without a go.mod: the module is not one of this repository.
  (cd "$scratch" && GOFLAGS=-mod=mod go mod download "$1") || { rmdir "$scratch" && return 1; }
  rmdir "$scratch"
  printf '%s/%s\n' "$(go env GOMODCACHE)" "$1"
}
