# shellcheck shell=bash
# What every host script shares: paths, messages, exit codes, the lock, status.json, the workloads of this host.
#
# Usage: . "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"     in a script of this folder's parent
# Variables: ROOST_ROOT  goes before every path, for tests; default empty
set -euo pipefail
umask 077

# Exit codes; they are the same for every script and verb, see docs/operations.md.
# shellcheck disable=SC2034
readonly FAILED=1 USAGE=2 REFUSED=3 UNREACHABLE=4 BUSY=5

readonly ROOT=${ROOST_ROOT:-}
readonly ETC=$ROOT/etc/roost VAR=$ROOT/var/lib/roost RUN=$ROOT/run/roost
# A tenant's name, or one of the reserved ones; never a path.
readonly WORKLOAD_NAME='^[a-z][a-z0-9-]{0,39}$'

# Every message is one line that begins with the command's name.
say() { # MESSAGE
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
}

# Runs a command whose failure is said and ends nothing.
attempt() { # COMMAND...
  "$@" || say "warning: this failed, and the rest goes on: $*"
}

fail() { # CODE MESSAGE
  say "$2"
  exit "$1"
}

# Replaces a file at once: a crash leaves the old text or the new. The same text again needs no room on the disk.
replace_file() { # FILE; the text comes on standard input
  local staged new status=0
  mkdir -p "$RUN" "$(dirname "$1")" || return
  staged=$(mktemp "$RUN/replace.XXXXXX") && cat >"$staged" || return
  if ! cmp --silent "$staged" "$1"; then
    if new=$(mktemp "$1.XXXXXX") && cat "$staged" >"$new" && sync "$new" && mv -T "$new" "$1"; then
      sync "$(dirname "$1")" || status=$?
    else
      status=1
      rm -f "$new"
    fi
  fi
  rm -f "$staged"
  return "$status"
}

# Runs a function or command under the one lock of this host; waits at most LOCK_SECONDS (default 0) for it.
with_lock() { # COMMAND...
  local status=0
  mkdir -p "$RUN"
  exec {LOCK_FD}>>"$RUN/lock"
  if ! flock --exclusive --timeout "${LOCK_SECONDS:-0}" "$LOCK_FD"; then
    fail "$BUSY" "another command holds the lock ($(head -c 200 "$RUN/lock.holder" 2>/dev/null)): try again when it has ended"
  fi
  printf '%s, process %s' "$(basename "$0")" "$$" >"$RUN/lock.holder"
  "$@" || status=$?
  exec {LOCK_FD}>&-
  return "$status"
}

# Sets one section of status.json, such as `release` or `workloads.frontend.backup`.
status_set() { # SECTION JSON
  local file=$VAR/status.json fd known
  mkdir -p "$RUN"
  exec {fd}>>"$RUN/status.lock"
  flock --exclusive "$fd"
  # A status that a full disk or a power cut cut short is begun anew: it is a report, no state.
  known=$(jq -ce 'objects' "$file" 2>/dev/null) || known='{}'
  jq -n --argjson known "$known" --arg section "$1" --argjson value "$2" \
    '$known | setpath($section | split("."); $value)' | replace_file "$file"
  exec {fd}>&-
}

status_get() { # SECTION; prints JSON, `null` when there is none
  jq -c --arg section "$1" 'getpath($section | split("."))' "$VAR/status.json" 2>/dev/null || echo null
}

now() {
  date --utc +%Y-%m-%dT%H:%M:%SZ
}

# The names of this host's agents, in order: the release's and those made at run time.
workloads() {
  local file
  for file in "$ETC"/current/host/workloads/*.json "$ETC"/registry/workloads/*.json; do
    if [ -f "$file" ]; then basename "$file" .json; fi
  done | sort -u
}

# The file that says what a workload is, or status 1.
workload_file() { # WORKLOAD
  local folder
  [[ $1 =~ $WORKLOAD_NAME ]] || return 1
  for folder in "$ETC/current/host/workloads" "$ETC/registry/workloads"; do
    if [ -f "$folder/$1.json" ]; then
      echo "$folder/$1.json"
      return
    fi
  done
  return 1
}

# Ends the command unless the name is that of a workload of this host.
require_workload() { # WORKLOAD
  local known
  if workload_file "$1" >/dev/null; then return; fi
  known=$(workloads | paste -sd ' ')
  fail "$USAGE" "no workload of that name on this host, there are: ${known:-none}"
}

# A field of a workload, raw, such as `.service`.
workload() { # WORKLOAD JQ_FILTER
  jq -er "$2" "$(workload_file "$1")"
}

# Ids: of the release in force, and where its secret files lie.
release_id() {
  basename "$(readlink "$ETC/current")"
}

secret_file() { # NAME, such as state.json
  echo "$VAR/releases/$(release_id)/secrets/$1"
}

birth() { # JQ_FILTER
  jq -er "$1" "$ETC/birth.json"
}

# Whether a person or the deployment took this host out of service.
is_drained() {
  [ -e "$VAR/drained" ] || [ -e "$RUN/drained-until-boot" ]
}
