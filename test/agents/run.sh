#!/usr/bin/env bash
# The agents tier: runs the real agents in the trees of their images, with fakes for everything outside, and talks to them.
#
# Usage: npm run test:agents [-- VITEST_ARGUMENT...]
#        exits 1 when a test or an oracle failed, or when the machine lacks something (one line says what)
# Variables: ROOST_ORACLES    where the images' trees are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
# Needs: root on Debian 12 with apt; the registries of Debian, Python and npm while the trees are built, nothing afterwards
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

readonly ORACLES=(nanobot-image openclaw)

needs() {
  local tool
  if [ "$(id -u)" -ne 0 ]; then echo root; fi
  for tool in apt-get npm unshare nsenter setpriv; do
    if ! command -v "$tool" >/dev/null; then echo "$tool"; fi
  done
}

missing=$(needs)
if [ -n "$missing" ]; then
  echo "agents: did not run, this machine lacks ${missing//$'\n'/, }" >&2
  exit 1
fi

apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-upgrade --no-install-recommends curl iproute2 openssl

# The tests run without a tree that could not be built: those that need it fail and name its script.
status=0
for oracle in "${ORACLES[@]}"; do
  bash "test/conformance/oracles/$oracle.sh" || status=$?
done
vitest run --config vitest.agents.config.ts "$@" || status=$?
exit "$status"
