# shellcheck shell=bash
# What can be wrong with one agent; the lines are those of checks.sh.
#
# Usage: . lib/checks-agent.sh     after lib/checks.sh
# Needs: jq, systemctl, podman, coreutils

readonly LOOP_RESTARTS=5
readonly VOLUME_PERCENT=90
readonly LIMIT_SECONDS=1800
# A drill is weekly; one may be missed.
readonly DRILL_SECONDS=$((15 * 86400))

check_unit() { # WORKLOAD
  local service state restarts
  service=$(workload "$1" .service)
  state=$(systemctl show --property=ActiveState --value "$service" 2>/dev/null) || state=unknown
  if [ "$state" != active ]; then
    echo "unit $1: $service is $state: \`roost logs $1\` says why"
  fi
  restarts=$(systemctl show --property=NRestarts --value "$service" 2>/dev/null) || restarts=0
  if [[ $restarts =~ ^[0-9]+$ ]] && restarts_lately "$1" "$restarts"; then
    echo "restart-loop $1: $service was restarted $LOOP_RESTARTS times or more within the hour: \`roost logs $1\` says why"
  fi
}

# Whether the counter of a unit rose by LOOP_RESTARTS within an hour; it begins anew with each manual start.
restarts_lately() { # WORKLOAD COUNT
  local file=$VAR/health/restarts-$1 at=0 count=0 moment
  moment=$(date +%s)
  if [ -f "$file" ]; then read -r at count <"$file" || at=0; fi
  if ! [[ "$at $count" =~ ^[0-9]+\ [0-9]+$ ]] || [ $((moment - at)) -gt 3600 ] || [ "$2" -lt "$count" ]; then
    echo "$moment $2" | replace_file "$file"
    return 1
  fi
  [ $(($2 - count)) -ge "$LOOP_RESTARTS" ]
}

check_channels() { # WORKLOAD
  if [ "$(systemctl show --property=ActiveState --value "$(workload "$1" .service)" 2>/dev/null)" = active ]; then
    probe_channels "$1"
  fi
}

check_state() { # WORKLOAD
  local known at every old
  known=$(status_get "workloads.$1")
  jq -r --arg name "$1" "$WHY"'
    (.backup | objects | select(.outcome == "failed") | "backup \($name): the last backup failed: \(why)"),
    (.restore | objects | select(.outcome == "failed") | "restore \($name): the agent waits for its state: \(why)"),
    (.drill | objects | select(.outcome == "failed") | "drill \($name): its backup was tried out and did not pass: \(why)")' <<<"$known"
  every=$(workload "$1" '.backupEveryMinutes | numbers' 2>/dev/null) || every=60
  # A workload whose first backup never came counts from the day its state was made.
  at=$(jq -r '[.backup.at, .final.at, .restore.at] | map(strings) | max // empty' <<<"$known")
  old=$(age "$at")
  # Two intervals and a quarter of an hour: one late backup is none.
  if [ -n "$old" ] && [ "$old" -gt $((every * 120 + 900)) ] && ! is_stopped "$1"; then
    echo "snapshot-age $1: the last snapshot is $((old / 60)) minutes old, wanted is one every $every: \`roost backup $1\` says why"
  fi
  at=$(jq -r '.drill.at // empty' <<<"$known")
  # Never tried out counts from the host's birth.
  old=$(age "${at:-@$(stat --format=%Y "$ETC/birth.json" 2>/dev/null || date +%s)}")
  if [ -n "$old" ] && [ "$old" -gt "$DRILL_SECONDS" ]; then
    echo "drill-age $1: its backup was tried out $(if [ -n "$at" ]; then echo "$((old / 86400)) days ago"; else echo never; fi): run \`roost drill $1\`"
  fi
}

check_paired() { # WORKLOAD
  local id
  if [ "$(workload "$1" .kind)" != nanobot ] || workload "$1" '.pairing == true' >/dev/null; then return 0; fi
  # One line each, so that a second one is told too.
  while IFS= read -r id; do
    echo "paired $1 ${id/:/ }: let in by pairing and not on the allow list: restart the agent, which removes it, or add it to allowFrom"
  done < <(paired_ids "$1")
}


check_volume() { # WORKLOAD
  local used
  if ! mountpoint --quiet "$VAR/state/$1"; then return 0; fi
  used=$(df --output=pcent "$VAR/state/$1" 2>/dev/null | tail -n 1 | tr -dc 0-9)
  if [ "${used:-0}" -ge "$VOLUME_PERCENT" ]; then
    echo "volume $1: $used % of its volume is used: let it delete something, or raise its volumeMib"
  fi
}

# An agent that ran into its memory or process limit within LIMIT_SECONDS; the kernel counts both per cgroup.
check_limits() { # WORKLOAD
  local group file=$VAR/health/limits-$1 killed forks at=0 known="" moment
  group=$(systemctl show --property=ControlGroup --value "$(workload "$1" .service)" 2>/dev/null) || group=""
  if [[ $group != /*/* ]] || [ ! -d "$ROOT/sys/fs/cgroup$group" ]; then return 0; fi
  # The limits are on the container's own group below the unit's; only memory counts upwards.
  killed=$(awk '$1 == "oom_kill" {n += $2} END {print n + 0}' "$ROOT/sys/fs/cgroup$group/memory.events" 2>/dev/null) || killed=0
  forks=$(find "$ROOT/sys/fs/cgroup$group" -path '*/libpod-payload-*' -name pids.events -exec cat {} + | awk '$1 == "max" {n += $2} END {print n + 0}')
  moment=$(date +%s)
  if [ -f "$file" ]; then read -r at known <"$file" || known=""; fi
  if [ "$known" != "$killed $forks" ]; then
    # A new container counts from nothing; that is no event.
    if [ "$killed $forks" = "0 0" ]; then at=0; else at=$moment; fi
    echo "$at $killed $forks" | replace_file "$file"
  fi
  if [[ $at =~ ^[0-9]+$ ]] && [ $((moment - at)) -lt "$LIMIT_SECONDS" ]; then
    echo "limits $1: it ran into its own limits ($killed killed for memory, $forks refused forks since its start): see what it does, or raise its memory"
  fi
}
