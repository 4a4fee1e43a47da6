#!/usr/bin/env bash
# The lab: boots the rendered host in a VM, with a real store beside it, and does to it what happens to hosts.
#
# Usage: npm run test:lab [-- all|NUMBER...]      a NUMBER is that of a scenario's folder; all of them without one
#        exits 1 when a test or a build failed, or when the machine lacks something (one line says what)
# Variables: see prepare.sh
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

# shellcheck source-path=SCRIPTDIR source=prepare.sh
. test/lab/prepare.sh

filters=()
for number in "$@"; do
  if [ "$number" = all ]; then continue; fi
  folder=(test/lab/scenarios/"$(printf %02d "$((10#$number))" 2>/dev/null)"-*)
  if [ ! -d "${folder[0]}" ]; then
    echo "lab: there is no scenario $number, but: $(cd test/lab/scenarios && echo *)" >&2
    exit 2
  fi
  filters+=("${folder[0]}")
done

lab_prepare
# All that a run makes lies here; its processes end with it.
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/lab.XXXXXX")
export TMPDIR
# Ignition writes a user's keys as that user, who has to get through.
chmod 0711 "$TMPDIR"
trap 'rm -rf --one-file-system "$TMPDIR"' EXIT
(lab_network unshare --pid --fork --kill-child --mount-proc vitest run --config vitest.lab.config.ts "${filters[@]}")
