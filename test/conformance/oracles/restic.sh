#!/usr/bin/env bash
# restic 0.18 as Debian 13 ships it (Debian 12's is too old for `--verify`'s exit codes); prints its path.
#
# Usage: restic.sh
# Variables: ROOST_ORACLES  where oracles are kept, see lib/apt-suite.sh
# Needs: Debian's apt with package lists
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"

oracle=restic-0.18.0
dir=$(oracle_dir "$oracle")
if [ ! -x "$dir/restic" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  suite_open trixie "$work/suite"
  (cd "$work" && suite_apt "$work/suite" download restic)
  mkdir "$work/tree" "$work/oracle"
  dpkg-deb --extract "$work"/restic_*.deb "$work/tree"
  mv "$work/tree/usr/bin/restic" "$work/oracle/restic"
  "$work/oracle/restic" version | grep -q '^restic 0\.18\.' || {
    echo "restic.sh: the package is not restic 0.18: $("$work/oracle/restic" version)" >&2
    exit 1
  }
  oracle_done "$work/oracle" "$oracle"
fi
echo "$dir/restic"
