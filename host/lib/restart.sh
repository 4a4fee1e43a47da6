# shellcheck shell=bash
# Restarts an agent whose own health check says it is ill: never a paused one, never during a backup or a restore, and
# at most RESTARTS_PER_HOUR times.
#
# Usage: . lib/restart.sh    after lib/common.sh and lib/checks.sh

readonly RESTARTS_PER_HOUR=3

# Prints a problem when the limit is reached; the restart itself is a line in the journal.
restart_unhealthy() { # WORKLOAD
  local file=$VAR/health/acted-$1 earliest lately fd
  mkdir -p "$VAR/health" "$RUN"
  earliest=$(($(date +%s) - 3600))
  lately=$(awk -v earliest="$earliest" '/^[0-9]+$/ && $1 > earliest' "$file" 2>/dev/null) || lately=''
  if [ "$(grep -c . <<<"$lately")" -ge "$RESTARTS_PER_HOUR" ]; then
    echo "restarts-used-up $1: still unhealthy after $RESTARTS_PER_HOUR restarts within the hour: \`roost logs $1\` says why"
    return 0
  fi
  # Whoever copies or replaces its data holds this lock.
  exec {fd}>>"$RUN/state-$1.lock"
  if ! flock --exclusive --nonblock "$fd"; then
    exec {fd}>&-
    return 0
  fi
  # Asked again, now that no backup can begin.
  if [ "$(health_of "$1")" = unhealthy ]; then
    # Noted first: a restart that kills this process must count.
    printf '%s\n' "$lately" "$(date +%s)" | grep . | replace_file "$file"
    say "$1: unhealthy, so it is restarted"
    systemctl restart --no-block "$(workload "$1" .service)" || say "$1: systemctl could not restart it"
  fi
  exec {fd}>&-
}
