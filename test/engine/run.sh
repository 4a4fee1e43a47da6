#!/usr/bin/env bash
# The engine tier: runs every program in the real Pulumi engine, against stand-ins for its plugins and clouds, on loopback.
#
# Usage: npm run test:engine [-- VITEST_ARGUMENT...]
#        exits 1 when a test failed, or when the machine lacks something (one line says what)
# Variables: ROOST_PULUMI     the CLI under test, its Node language host beside it; default: pulumi on the PATH
#            ROOST_PLUGINS    a folder with real plugins, which then replace the stand-ins; default: none, for they reach accounts
#            ROOST_COUNT_FILE gets the numbers of passed and failed tests
# Needs: the Pulumi CLI that Pulumi.yaml asks for; no account, no network
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

wanted=$(sed -n 's/^requiredPulumiVersion: ">=\(.*\)"$/\1/p' Pulumi.yaml)
cli=${ROOST_PULUMI:-pulumi}
if ! command -v "$cli" >/dev/null; then
  echo "engine: did not run, there is no $cli: install Pulumi $wanted or later, or name one with ROOST_PULUMI" >&2
  exit 1
fi
found=$(PULUMI_SKIP_UPDATE_CHECK=true "$cli" version)
if ! printf '%s\n%s\n' "$wanted" "${found#v}" | sort --version-sort --check=quiet; then
  echo "engine: did not run, $cli is $found: Pulumi $wanted or later is needed" >&2
  exit 1
fi

# Every command starts five programs in Node, whose packages are the same.
NODE_COMPILE_CACHE=$(mktemp -d)
export NODE_COMPILE_CACHE
trap 'rm -rf "$NODE_COMPILE_CACHE"' EXIT

echo "engine: Pulumi $found ($cli)"
node test/engine/support/report.ts
vitest run --config vitest.engine.config.ts "$@"
