# shellcheck shell=bash
# Takes a host out of service with every workload's last snapshot in the store; sourced after common.sh, restic.sh,
# tree.sh and snapshot.sh.
#
# Nothing here deletes state: whatever fails, and wherever this is killed, the volumes are as they were and the command
# can be given again.
# Variables: DRAINED  the marker in use: $VAR/drained, or $RUN/drained-until-boot
#            STOP_SECONDS  limit of the agents' stop; default 600

# shellcheck disable=SC2034 # the verb says it
readonly UNDO="roost drain --undo puts its agents back to work"
readonly JOURNAL_LINES=2000 JOURNAL_BYTES=1048576

volume_image() { # WORKLOAD
  echo "$VAR/volumes/$1.xfs"
}

unit_active() { # UNIT
  case $(systemctl show --property=ActiveState --value "$1" 2>/dev/null) in
    active | activating | reloading | deactivating) return 0 ;;
    *) return 1 ;;
  esac
}

# How the drain finds every workload; `unborn` is known only when the store has been asked.
found() {
  local name was
  for name in $(workloads); do
    was=stopped
    if [ ! -e "$(volume_image "$name")" ]; then was=evicted; elif unit_active "$(workload "$name" .service)"; then was=running; fi
    jq -nc --arg name "$name" --arg was "$was" '{($name): $was}'
  done | jq -sc 'add // {} | . + {host: "running"}'
}

# Notes that this host is drained and how it was; a note of a drain that did not end is kept.
note_drained() {
  local before file
  before=$(for file in "$VAR/drained" "$RUN/drained-until-boot"; do if [ -f "$file" ]; then cat "$file"; fi; done |
    jq -sc 'map(.was // {}) | add // {}' 2>/dev/null) || before='{}'
  jq -nc --arg at "$(now)" --argjson found "$(found)" --argjson before "$before" \
    '{$at, was: ($found + ($before | with_entries(select(.key | in($found)))))}' | replace_file "$DRAINED"
}

# A volume that no workload names holds the state of one whose removal has not ended.
stray_volumes() {
  local image name
  for image in "$VAR"/volumes/*.xfs; do
    name=$(basename "$image" .xfs)
    if [ ! -f "$image" ] || workload_file "$name" >/dev/null; then continue; fi
    if ! jq -e '.snapshot | strings' "$VAR/removing/$name" >/dev/null 2>&1; then echo "$name"; fi
  done
}

# What could change the state or start an agent stops; the marker keeps all of it from starting again.
stop_timers() {
  local unit stopping=()
  for unit in roost-{sync,birth,health,reboot,drill}.timer roost-{sync,health,reboot,drill}.service; do stopping+=("$unit"); done
  for unit in $(workloads) host; do stopping+=("roost-backup@$unit.timer" "roost-backup@$unit.service"); done
  for unit in "${stopping[@]}"; do
    if ! unit_active "$unit"; then continue; fi
    systemctl stop "$unit" || return 1
  done
}

# Stops all agents at once and looks whether they have; prints those that have not.
stop_agents() {
  local name id services=() restoring=()
  for name in $(workloads); do
    services+=("$(workload "$name" .service)")
    # One that still waits for the store would hold the workload's lock; a finished one stays, its stop would say nothing.
    if [ "$(systemctl show --property=ActiveState --value "roost-restore@$name.service" 2>/dev/null)" = activating ]; then
      restoring+=("roost-restore@$name.service")
    fi
  done
  if [ ${#services[@]} -eq 0 ]; then return; fi
  timeout --kill-after=5 "${STOP_SECONDS:-600}" systemctl stop "${services[@]}" "${restoring[@]}" >&2 || say "systemctl could not stop every agent"
  for name in $(workloads); do
    for id in $(sandboxes "$name" running); do sandbox_podman stop "$id" >/dev/null || echo "sandbox $id"; done
    case $(container_state "$(workload "$name" .container)") in
      running | paused | stopping) echo "$name" && continue ;;
    esac
    if unit_active "$(workload "$name" .service)"; then echo "$name"; fi
  done
}

# The end of a workload's journal, for whoever asks after the machine is gone; it travels in the host's own state.
save_journal() { # WORKLOAD UNIT...
  local name=$1 unit options=()
  shift
  for unit in "$@"; do options+=(--unit "$unit"); done
  journalctl --no-pager --quiet --output=short-iso --lines="$JOURNAL_LINES" "${options[@]}" | tail -c "$JOURNAL_BYTES" |
    replace_file "$VAR/host/journal/$name.log"
}

save_journals() {
  local name
  mkdir -p "$VAR/host/journal"
  for name in $(workloads); do
    save_journal "$name" "$(workload "$name" .service)" "roost-restore@$name.service" "roost-backup@$name.service" "roost-final@$name.service" || return 1
  done
  save_journal host roost-birth.service roost-sync.service roost-health.service roost-reboot.service "roost-backup@host.service"
}

# The last snapshot that the store has of a workload whose state is not on this host, or null where it has never had any.
stored_snapshot() { # WORKLOAD
  local list status=0
  list=$(snapshot_list "$1") || status=$?
  if [ "$status" -eq 0 ] && jq -e 'length > 0' <<<"$list" >/dev/null; then
    jq -r '.[-1].id' <<<"$list"
  elif [ "$status" -eq "$RESTIC_NO_REPOSITORY" ] && [ "$(store_versions "$1")" = empty ]; then
    echo null
  elif [ "$status" -eq 0 ]; then
    say "$1: the store shows its repository without one snapshot: docs/recovery.md, \"Snapshots are hidden\""
    return "$REFUSED"
  else
    restic_problem "$status"
    say "$1: $PROBLEM"
    return "$CODE"
  fi
}

# Whether the store has all of a repository that it should: each pack of its index, and each tree.
check_stored() { # WORKLOAD SNAPSHOT
  local list status=0
  list=$(snapshot_list "$1") || status=$?
  if [ "$status" -eq 0 ] && ! jq -e --arg id "$2" '.[-1].id == $id' <<<"$list" >/dev/null; then
    say "$1: the store does not show the snapshot ${2:0:8} as its last one: look into the store (docs/recovery.md, \"Snapshots are hidden\")"
    return "$REFUSED"
  fi
  if [ "$status" -eq 0 ]; then RESTIC_SECONDS=900 restic_run "$1" check --no-lock --with-cache >&2 || status=$?; fi
  if [ "$status" -ne 0 ]; then
    restic_problem "$status"
    say "$1: its repository is not whole ($PROBLEM): docs/recovery.md, \"A pack is missing\""
    return "$CODE"
  fi
}

# The last snapshot of one workload, taken and checked; prints {"<W>": {"snapshot", "was"}}.
last_snapshot() { # WORKLOAD WAS
  local name=$1 was=$2 snapshot status=0 mount
  if [ "$name" != host ] && [ "$was" != evicted ] && ! mountpoint --quiet "$VAR/state/$name"; then
    mount=$(systemd-escape --path --suffix=mount "/var/lib/roost/state/$name")
    if ! systemctl start "$mount" || ! mountpoint --quiet "$VAR/state/$name"; then
      say "$name: its volume cannot be mounted: systemctl status $mount"
      return "$FAILED"
    fi
  fi
  # A broken file system would look like one without a marker.
  if [ "$was" != evicted ] && ! ls "$VAR/state/$name" >/dev/null; then
    say "$name: its volume cannot be read: docs/recovery.md, \"A volume cannot be read\""
    return "$FAILED"
  fi
  if [ -e "$(marker_file "$name")" ]; then
    bash "$HERE/roost-final" "$name" >&2 || return
    snapshot=$(status_get "workloads.$name.final" | jq -er '.snapshot') || return "$FAILED"
    check_stored "$name" "$snapshot" || return
  elif [ "$name" != host ] && ! empty_folder "$VAR/state/$name/data"; then
    say "$name: there is data without a marker, and nobody knows whether the store has it: docs/recovery.md, \"Data without a marker\""
    return "$REFUSED"
  else
    # Nothing has been restored here, so nothing is newer than what the store has.
    snapshot=$(stored_snapshot "$name") || return
    if [ "$snapshot" != null ]; then check_stored "$name" "$snapshot" || return; fi
    if [ "$snapshot" = null ]; then was=unborn; elif [ "$was" = running ] && [ "$name" != host ]; then was=stopped; fi
  fi
  jq -nc --arg name "$name" --arg was "$was" --arg snapshot "$snapshot" \
    '{($name): {snapshot: (if $was == "unborn" then null else $snapshot end), $was}}' || return "$FAILED"
}
