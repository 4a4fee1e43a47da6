#!/usr/bin/env bash
# Unpacks Debian trixie's systemd 257, nftables, bash, coreutils and jq into a tree to chroot into.
#
# Usage: systemd.sh        makes systemd-257; does nothing when it is there already
# Variables: ROOST_ORACLES, see lib/apt-suite.sh
# Needs: apt. Debian 12's systemd 252 ignores the keys it does not know, so it proves nothing about newer ones.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"

main() {
  local target deb link
  target=$(oracle_dir systemd-257)
  if [ -x "$target/usr/bin/systemd-analyze" ]; then return; fi
  mkdir -p "$(dirname "$target")"
  work=$(mktemp -d)
  staged=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$work" "$staged"' EXIT
  suite_open trixie "$work"
  suite_apt "$work" install --yes --download-only --no-install-recommends systemd nftables bash coreutils jq
  # Debian's base-files makes these links; its packages unpack below usr only.
  mkdir -p "$staged"/usr/{bin,sbin,lib,lib64}
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$staged/$link"; done
  for deb in "$work"/debs/*.deb; do
    case $deb in
      */systemd_*) expect_version "$deb" 257 ;;
    esac
    dpkg-deb --fsys-tarfile "$deb" | tar -C "$staged" -x --keep-directory-symlink --exclude='./usr/share/*'
  done
  oracle_done "$staged" systemd-257
}

expect_version() { # DEB VERSION
  case $(dpkg-deb --field "$1" Version) in
    "$2".*) ;;
    *)
      echo "systemd.sh: trixie's systemd is not $2 but $(dpkg-deb --field "$1" Version)" >&2
      return 1
      ;;
  esac
}

main "$@"
