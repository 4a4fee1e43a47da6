#!/usr/bin/env bash
# Installs what the sandbox offers, from Debian: run by the Containerfile.
#
# Usage: install.sh     as root in the image; needs apt
set -euo pipefail

# OpenClaw itself needs python3 and a shell in here.
readonly TOOLS=(
  bash build-essential ca-certificates cargo curl diffutils fd-find file gh git golang-go jq less make openssh-client
  patch pkg-config procps python3 python3-pip python3-venv ripgrep rsync rustc sqlite3 tree unzip xz-utils zip
)

main() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq install --yes --no-install-recommends "${TOOLS[@]}"
  rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
    /var/cache/ldconfig/aux-cache
  # Debian has another program of that name.
  ln -s fdfind /usr/bin/fd
  install --directory --owner 1000 --group 1000 /workspace
  find / -xdev -type f -perm /6000 -exec chmod a-s {} +
}

main
