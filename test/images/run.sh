#!/usr/bin/env bash
# The image tier: builds all images for real, without a container registry, and looks into them.
#
# Usage: npm run test:images [-- VITEST_ARGUMENT...]
#        exits 1 when a test failed, or when the machine lacks something (one line says what)
# Variables: ROOST_ORACLES    where the stand-ins for base images are kept; default
#                             ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
# Needs: root on Debian 12 with apt, npm and pip; Go; port 443 of loopback
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

needs() {
  if ! command -v apt-get >/dev/null; then echo "Debian's apt"; fi
  if [ "$(id -u)" -ne 0 ]; then echo "root"; fi
  for command in go npm; do
    if ! command -v "$command" >/dev/null; then echo "$command"; fi
  done
}

missing=$(needs)
if [ -n "$missing" ]; then
  echo "images: did not run, this machine lacks ${missing//$'\n'/, }" >&2
  exit 1
fi

bash test/images/bases.sh
# Images of earlier runs that nothing names any more.
bash test/images/buildah.sh rmi --prune --force
vitest run --config vitest.images.config.ts "$@"
