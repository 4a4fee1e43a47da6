#!/usr/bin/env bash
# A network of one test: loopback alone, with a public address on it, because agents refuse services at private ones.
#
# Usage: network.sh ADDRESS COMMAND...     as root; COMMAND runs in it, as this same process
# Variables: none
set -euo pipefail

if [ "${1-}" != --inside ]; then
  exec unshare --net -- bash "$0" --inside "$@"
fi
ip link set lo up
ip address add "$2/32" dev lo
exec "${@:3}"
