#!/usr/bin/env bash
# Makes the file system of the nanobot image: a Debian 13 root in which images/nanobot/install.sh has run.
#
# Usage: nanobot-image.sh     makes nanobot-image-0.3.5; does nothing when one of the same inputs is there already
# Variables: ROOST_ORACLES, see lib/apt-suite.sh; PIP_* reach pip
# Needs: root, apt, and the machine's Python package registry
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$here/lib/apt-suite.sh"
readonly IMAGE=$here/../../../images/nanobot NAME=nanobot-image-0.3.5

main() {
  local target inputs
  target=$(oracle_dir "$NAME")
  inputs=$(cat "$IMAGE"/{install.sh,requirements.lock,table.lock} "$here/nanobot-image.sh" | sha256sum)
  if [ -e "$target/inputs" ] && [ "$(cat "$target/inputs")" = "$inputs" ]; then return; fi
  apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends mmdebstrap >&2
  mkdir -p "$(dirname "$target")"
  work=$(mktemp -d)
  staged=$(mktemp -d "$target.XXXXXX")
  trap 'rm -rf "$work" "$staged"' EXIT

  suite_open trixie "$work"
  # The paths are those that Debian's own slim images leave out.
  mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' trixie "$staged/root" "$work/etc/apt/sources.list"
  install_in "$staged/root"
  echo "$inputs" >"$staged/inputs"
  oracle_done "$staged" "$NAME"
}

# The mounts end with the namespace: nothing of this machine stays in the root.
install_in() { # ROOT
  unshare --mount --pid --fork bash -euo pipefail -s "$1" "$IMAGE" <<'SCRIPT'
root=$1
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
  if [ -e "$file" ]; then
    touch "$root$file"
    mount --bind "$file" "$root$file"
  fi
done
mkdir "$root/run/image"
cp "$2"/{install.sh,requirements.lock,table.lock} /etc/ssl/certs/ca-certificates.crt "$root/run/image"
unset PIP_FIND_LINKS SSL_CERT_DIR
# The machine may trust an authority of its own, which the root does not know.
for variable in PIP_CERT SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
  export "$variable=/run/image/ca-certificates.crt"
done
exec chroot "$root" bash /run/image/install.sh
SCRIPT
  rm -f "$1/etc/pip.conf"
}

main
