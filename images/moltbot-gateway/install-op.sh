#!/usr/bin/env bash
# Fetches 1Password's command `op` and proves that 1Password signed it, and that it is no older release.
#
# Usage: install-op.sh FINGERPRINT OUT    as root in a disposable Debian 13; needs apt and 1Password's download servers
#        FINGERPRINT is that of the key which must have signed; who serves the key does not matter then
set -euo pipefail

readonly VERSION=2.39.0

main() {
  local fingerprint=$1 out=$2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends ca-certificates curl gpg unzip

  fetch "https://cache.agilebits.com/dist/1P/op2/pkg/v$VERSION/op_linux_amd64_v$VERSION.zip" "$work/op.zip"
  fetch https://downloads.1password.com/linux/keys/1password.asc "$work/key.asc"
  unzip -q "$work/op.zip" op op.sig -d "$work"
  verify "$work" "$fingerprint"

  chmod 755 "$work/op"
  # A signature says who made it, not which release it is.
  if [ "$("$work/op" --version)" != "$VERSION" ]; then
    echo "install-op.sh: this is not op $VERSION, though its signature is good" >&2
    return 1
  fi
  install -m 755 "$work/op" "$out"
}

fetch() { # URL FILE
  curl --fail --silent --show-error --location --proto =https --retry 3 --output "$2" "$1"
}

# Only the key with the fingerprint is in the keyring, and only a signature by a key in force is GOODSIG.
verify() { # FOLDER FINGERPRINT
  local all=$1/all one=$1/one
  # Public keys need no agent, and none is installed.
  local gpg=(gpg --batch --quiet --no-autostart --homedir)
  mkdir -m 700 "$all" "$one"
  "${gpg[@]}" "$all" --import "$1/key.asc"
  "${gpg[@]}" "$all" --export "$2" >"$1/key.gpg"
  if [ ! -s "$1/key.gpg" ]; then
    echo "install-op.sh: 1Password's server gave no key with the fingerprint $2" >&2
    return 1
  fi
  "${gpg[@]}" "$one" --import "$1/key.gpg"
  if ! "${gpg[@]}" "$one" --status-fd 3 --verify "$1/op.sig" "$1/op" 3>"$1/status" ||
    ! grep -q '^\[GNUPG:\] GOODSIG ' "$1/status"; then
    echo "install-op.sh: op is not signed by the key $2, or that key is no longer in force" >&2
    return 1
  fi
}

main "$@"
