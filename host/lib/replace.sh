# shellcheck shell=bash
# Exchanges a workload's state for a snapshot and keeps what was there; sourced after recover.sh.
#
# Variables: WORKLOAD, LIST, CHOSEN (the snapshot) and SECTION are set by the caller, which holds the workload's lock

# The snapshot that a person means, by the beginning of its id; the highest without one. Status 1 when it is not exactly one.
chosen_snapshot() { # ID_BEGINNING
  jq -ce --arg at "$1" 'if $at == "" then .[-1] else [.[] | select(.id | startswith($at))] | select(length == 1) | .[0] end' <<<"$LIST"
}

# Every step may be the last before a crash. What roost-restore does then is in its header: the note says which snapshot
# and where the data in its place is kept; the marker is there exactly while the data is whole.
replace_state() {
  local state folder aside was measure
  state=$(state_dir "$WORKLOAD")
  folder=$state/staging/restored
  fetch_snapshot "$CHOSEN" "$folder"
  set_owners "$folder" || give_up "$FAILED" "the owners of its restored data could not be set"
  measure=$(measure_tree "$WORKLOAD" "$folder") || give_up "$FAILED" "its restored data could not be read"
  sync -f "$folder" || give_up "$FAILED" "its restored data could not be written: is its volume full"

  was=stopped
  if [ "$WORKLOAD" != host ]; then
    if [ "$(systemctl show --property=ActiveState --value "$(workload "$WORKLOAD" .service)")" != inactive ]; then was=running; fi
    # With the restore unit, so that the agent's next start asks it again, and it goes on where a crash cut this short.
    systemctl stop "$(workload "$WORKLOAD" .service)" "roost-restore@$WORKLOAD.service" ||
      give_up "$FAILED" "its agent does not stop, so nothing was changed: roost logs $WORKLOAD"
    case $(container_state "$(workload "$WORKLOAD" .container)") in
      running | paused | stopping) give_up "$FAILED" "its container still runs, so nothing was changed: podman ps" ;;
    esac
  fi
  aside=replaced-$(date --utc +%Y%m%dT%H%M%SZ)
  jq -nc --argjson snapshot "$CHOSEN" --arg aside "$aside" '{$snapshot, $aside}' | replace_file "$(note_file "$WORKLOAD")" ||
    give_up "$FAILED" "nothing can be written to its volume: is it full (df $state)"
  rm -f "$(marker_file "$WORKLOAD")"
  sync "$state"
  keep_aside "$aside" || give_up "$FAILED" "its data could not be moved aside: it is where it was, systemctl start roost-restore@$WORKLOAD tries again"
  place_data "$folder" || give_up "$FAILED" "its restored data could not be moved to its place: systemctl start roost-restore@$WORKLOAD tries again"
  clean_allowed
  write_marker "$WORKLOAD" "$(jq '.[-1].sequence' <<<"$LIST")" "$(jq -r .id <<<"$CHOSEN")" "$measure" ||
    give_up "$FAILED" "its marker could not be written: systemctl start roost-restore@$WORKLOAD tries again"
  rm -f "$(note_file "$WORKLOAD")"
  report "$(jq -nc --argjson from "$CHOSEN" --arg at "$(now)" --arg aside "$state/$aside" '{outcome: "restored", snapshot: $from.id, sequence: $from.sequence, taken: $from.time, $at, $aside}')"
  say "$WORKLOAD: snapshot $(jq -r '.id[:8]' <<<"$CHOSEN") is in place; what was there is in $state/$aside, for you to remove"
  # The agent's start waits for roost-restore@, and that for the lock.
  exec {STATE_FD}>&-
  if [ "$was" = running ]; then
    systemctl start "$(workload "$WORKLOAD" .service)" || fail "$FAILED" "$WORKLOAD: its agent does not start again: roost logs $WORKLOAD"
  fi
}
