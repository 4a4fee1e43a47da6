#!/usr/bin/env bash
# Builds the tools that read Butane and Ignition: butane, the Ignition engine, ignition-validate.
#
# Usage: butane.sh          (safe to repeat: what is complete stays as it is)
#
# Makes: butane-0.29.0/butane
#        ignition-2.27.0/ignition             the engine, stages fetch and files
#        ignition-2.27.0/ignition-validate
# Variables: ROOST_ORACLES  where they go; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: root on Debian 12 with apt (for libblkid-dev, gcc, pkg-config), Go >= 1.25, the Go module proxy.
set -euo pipefail

butane=0.29.0
ignition=2.27.0

# shellcheck source-path=SCRIPTDIR source=lib/apt-suite.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/apt-suite.sh"
# shellcheck source-path=SCRIPTDIR source=lib/go-module.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/go-module.sh"

main() {
  oracles=$(oracle_dir "")
  mkdir -p "$oracles"
  # Beside its place, so that the last step is a rename.
  staged=$(mktemp -d "$oracles/.butane.XXXXXX")
  trap 'rm -rf "$staged"' EXIT
  build_butane
  build_ignition
}

install_missing() {
  local package missing=()
  for package in gcc libc6-dev libblkid-dev pkg-config; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
      "${missing[@]}" >/dev/null
  fi
}

build_butane() {
  local target part source
  target=$(oracle_dir "butane-$butane")
  if [ -d "$target" ]; then return; fi
  source=$(go_module "github.com/coreos/butane@v$butane")
  part=$staged/butane
  mkdir "$part"
  (cd "$source" && CGO_ENABLED=0 go build -mod=mod -trimpath -o "$part/butane" \
    -ldflags "-s -w -X github.com/coreos/butane/internal/version.Raw=v$butane" ./internal)
  oracle_done "$part" "butane-$butane"
}

# Relabelling needs the SELinux policy of the machine that boots; keys go to authorized_keys.d, as on Fedora CoreOS.
build_ignition() {
  local target part source internal=github.com/coreos/ignition/v2/internal
  target=$(oracle_dir "ignition-$ignition")
  if [ -d "$target" ]; then return; fi
  install_missing
  source=$(go_module "github.com/coreos/ignition/v2@v$ignition")
  part=$staged/ignition
  mkdir "$part"
  (cd "$source" && CGO_ENABLED=1 go build -mod=mod -trimpath -o "$part/ignition" \
    -ldflags "-s -w -X $internal/version.Raw=v$ignition -X $internal/distro.selinuxRelabel=false" ./internal)
  (cd "$source" && CGO_ENABLED=0 go build -mod=mod -trimpath -o "$part/ignition-validate" \
    -ldflags "-s -w -X $internal/version.Raw=v$ignition" ./validate)
  oracle_done "$part" "ignition-$ignition"
}

main "$@"
