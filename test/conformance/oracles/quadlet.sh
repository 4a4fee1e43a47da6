#!/usr/bin/env bash
# Extracts the Quadlet generators of Podman 5.4 (Debian trixie) and 5.8 (forky, else sid).
#
# Usage: quadlet.sh        makes quadlet-5.4/quadlet and quadlet-5.8/quadlet; what is there already stays
# Variables: ROOST_ORACLES, see lib/apt-suite.sh
# Needs: apt. The generators are Go programs that need glibc 2.34, so they run on Debian 12 as they are.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"

main() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  extract 5.4 trixie
  extract 5.8 forky sid
}

extract() { # VERSION SUITE...
  local name=quadlet-$1 version=$1 suite target staged
  target=$(oracle_dir "$name")
  if [ -x "$target/quadlet" ]; then return; fi
  shift
  for suite in "$@"; do
    suite_open "$suite" "$work/$suite"
    (cd "$work/$suite/debs" && suite_apt "$work/$suite" download podman)
    case $(dpkg-deb --field "$work/$suite"/debs/podman_*.deb Version) in
      "$version".*)
        dpkg-deb --extract "$work/$suite"/debs/podman_*.deb "$work/$suite/tree"
        mkdir -p "$(dirname "$target")"
        staged=$(mktemp -d "$target.XXXXXX")
        install -m 755 "$work/$suite/tree/usr/libexec/podman/quadlet" "$staged/quadlet"
        oracle_done "$staged" "$name"
        return
        ;;
    esac
  done
  echo "quadlet.sh: no podman $version in: $*" >&2
  return 1
}

main "$@"
