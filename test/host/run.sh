#!/usr/bin/env bash
# The host tier: runs the scripts of a host in folders of their own, with the real restic, curl, jq and a real S3 server.
#
# Usage: npm run test:host [-- VITEST_ARGUMENT...]
#        exits 1 when a test or an oracle failed, or when the machine lacks something (one line says what)
# Variables: ROOST_ORACLES    where restic and the S3 server are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
# Needs: root on Debian 12 with apt; Go; jq, jose, curl, openssl, xfsprogs, loop devices
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

readonly ORACLES=(restic versitygw)

needs() {
  local tool
  if [ "$(id -u)" -ne 0 ]; then echo root; fi
  for tool in apt-get go jq curl jose openssl mkfs.xfs losetup; do
    if ! command -v "$tool" >/dev/null; then echo "$tool"; fi
  done
}

missing=$(needs)
if [ -n "$missing" ]; then
  echo "host: did not run, this machine lacks ${missing//$'\n'/, }" >&2
  exit 1
fi

# The tests run without a tool that could not be had: those that need it fail and name this script.
status=0
for oracle in "${ORACLES[@]}"; do
  bash "test/conformance/oracles/$oracle.sh" || status=$?
done
vitest run --config vitest.host.config.ts "$@" || status=$?
exit "$status"
