#!/usr/bin/env bash
# The conformance tier: builds the real tools and lets them judge what this repository renders.
#
# Usage: npm run test:conformance [-- VITEST_ARGUMENT...]
#        exits 1 when a test or an oracle failed, or when the machine lacks something (one line says what)
# Variables: ROOST_ORACLES    where the tools are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

readonly GO_VERSION=1.26.4 PYTHON_VERSION=3.11

at_least() { # WANTED GOT
  printf '%s\n%s\n' "$1" "$2" | sort --version-sort --check=quiet
}

needs() {
  if ! command -v apt-get >/dev/null; then echo "Debian's apt"; fi
  if [ "$(id -u)" -ne 0 ]; then echo "root"; fi
  if ! command -v go >/dev/null || ! at_least "$GO_VERSION" "$(go env GOVERSION | sed 's/^go//')"; then
    echo "Go $GO_VERSION or later"
  fi
  if ! command -v python3 >/dev/null || ! python3 -c "import sys; sys.exit(sys.version_info < (${PYTHON_VERSION/./, }))"; then
    echo "Python $PYTHON_VERSION or later"
  fi
}

missing=$(needs)
if [ -n "$missing" ]; then
  echo "conformance: did not run, this machine lacks ${missing//$'\n'/, }" >&2
  exit 1
fi

# The tests run without a tool that could not be built: those that need it fail and name its script.
status=0
bash tools/ci/oracles.sh || status=$?
vitest run --config vitest.conformance.config.ts "$@" || status=$?
exit "$status"
