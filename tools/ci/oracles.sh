#!/usr/bin/env bash
# Builds every oracle of the conformance tier, two at a time; each script leaves what is there already.
#
# Usage: oracles.sh       exits 1 when one failed, after all were tried, and shows the end of its log
# Variables: ROOST_ORACLES  where oracles are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: what test/conformance/run.sh names
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

build() { # SCRIPT LOGS
  local name log status=0
  name=$(basename "$1" .sh)
  log=$2/$name.log
  bash "$1" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    echo "oracle $name: ready after $SECONDS s"
  else
    # One write, so that the other builder's lines stay out of it.
    printf 'oracle %s: failed after %s s with status %s; the end of its output:\n%s\n' \
      "$name" "$SECONDS" "$status" "$(tail -n 20 "$log")"
  fi
  return "$status"
}

if [ "${1:-}" = --build ]; then
  build "$2" "$3"
  exit
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
find test/conformance/oracles -maxdepth 1 -name '*.sh' -print0 | sort -z |
  xargs -0 -r -P 2 -I{} bash tools/ci/oracles.sh --build {} "$logs" || status=1
exit "$status"
