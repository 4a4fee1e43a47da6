#!/usr/bin/env bash
# Runs shellcheck over every shell script of the repository, found by name (*.sh), shebang or `# shellcheck shell=` line.
#
# Usage: shellcheck.sh    exits 1 when shellcheck finds something
# Variables: CI           "true": a machine without shellcheck is a failure; default: it is said in one line and passes
# Needs: git, shellcheck
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if ! command -v shellcheck >/dev/null; then
  echo "shellcheck is not installed, so no shell script was checked: apt-get install shellcheck, brew install shellcheck" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
fi

is_shell_script() { # FILE
  local first=""
  case $1 in *.sh) return 0 ;; esac
  # A last line without its newline is read although `read` fails; a binary's null bytes are nobody's business.
  { IFS= read -r first <"$1" || [ -n "$first" ]; } 2>/dev/null || return 1
  case $first in '#!'*sh | '#!'*'sh '* | '# shellcheck shell='*) return 0 ;; esac
  return 1
}

# No mapfile: macOS has bash 3.2.
scripts=()
while IFS= read -r -d '' file; do
  if [ -f "$file" ] && is_shell_script "$file"; then scripts+=("$file"); fi
done < <(git ls-files -z --cached --others --exclude-standard)

shellcheck --external-sources "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts"
