#!/usr/bin/env bash
# Boots a stack's host in a VM on this machine, to try the stack before paying for it.
#
# Usage: npm run lab -- up STACK       boots what stacks/config/Pulumi.STACK.yaml renders, and says how to get in
#        npm run lab -- run 'COMMAND'  runs a command as root in it; exits with the command's status
#        npm run lab -- down           ends it and deletes its disk and its store
# Variables: see prepare.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. test/lab/prepare.sh

readonly UP=${ROOST_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/lab}/up

is_up() {
  [ -e "$UP/pid" ] && kill -0 "$(<"$UP/pid")" 2>/dev/null
}

up() { # STACK
  if is_up; then
    echo "lab: a host is up already: npm run lab -- down" >&2
    return 1
  fi
  if [ ! -e "stacks/config/Pulumi.$1.yaml" ]; then
    echo "lab: there is no stacks/config/Pulumi.$1.yaml" >&2
    return 2
  fi
  lab_prepare
  rm -rf "$UP"
  mkdir -p "$UP"
  (lab_network setsid node test/lab/keeper.ts "$1" "$UP") >"$UP/log" 2>&1 </dev/null &
  echo $! >"$UP/pid"
  until [ -e "$UP/ready" ]; do
    if ! is_up; then
      tail -n 20 "$UP/log" >&2
      return 1
    fi
    sleep 1
  done
  cat "$UP/ready"
}

run() { # COMMAND
  local out status
  if ! is_up; then
    echo "lab: no host is up: npm run lab -- up STACK" >&2
    return 1
  fi
  out=$(curl --silent --show-error --unix-socket "$UP/socket" --data-binary "$1" http://lab/)
  status=${out##*$'\n'}
  printf '%s' "${out%"$status"}"
  return "$status"
}

down() {
  if ! is_up; then
    echo "lab: no host is up"
    return
  fi
  kill "$(<"$UP/pid")"
  while is_up; do sleep 0.2; done
  rm -rf "$UP"
  echo "lab: the host, its disk and its store are gone"
}

case ${1:-}-$# in
  up-2 | run-2) "$1" "$2" ;;
  down-1) down ;;
  *)
    sed -n 's/^# \(Usage: \)\?/  /; 4,6p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
