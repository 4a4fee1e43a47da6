# shellcheck shell=bash
# One snapshot of a workload: pause, copy, checks, upload, marker; sourced after common.sh, restic.sh and tree.sh.
#
# Variables: WORKLOAD  whose; SECTION  of status.json below the workload, `backup`, `final` or `restore`; set by the caller

# Fails and says so in status.json, where the last success stays readable.
give_up() { # CODE MESSAGE
  report "$(jq -nc --arg reason "$2" --arg at "$(now)" '{outcome: "failed", reason: $reason, failedAt: $at}')"
  fail "$1" "$WORKLOAD: $2"
}

# Adds fields to this workload's section.
report() { # JSON
  local known
  known=$(status_get "workloads.$WORKLOAD.$SECTION")
  status_set "workloads.$WORKLOAD.$SECTION" "$(jq -nc --argjson known "$known" --argjson new "$1" '($known // {}) + $new')"
}

container() { # WORKLOAD
  workload "$1" .container
}

container_state() { # NAME; prints Podman's word for it, `absent` when there is none
  podman container inspect --format '{{.State.Status}}' "$1" 2>/dev/null || echo absent
}

# Moltbot's sandboxes are containers of its own user's engine, and they write its workspace.
sandbox_podman() { # ARGUMENTS...
  (cd / && runuser -u moltbot -- env XDG_RUNTIME_DIR=/run/user/1001 podman "$@")
}

sandboxes() { # WORKLOAD STATUS
  if [ "$1" != moltbot ]; then return; fi
  sandbox_podman ps --filter label=openclaw.sandbox=1 --filter "status=$2" --format '{{.ID}}'
}

pause_agent() { # WORKLOAD; status 1 when what runs could not be paused
  local name id
  if [ "$1" = host ]; then return; fi
  name=$(container "$1") || return 1
  if [ "$(container_state "$name")" = running ] && ! podman pause "$name" >/dev/null && [ "$(container_state "$name")" = running ]; then
    return 1
  fi
  for id in $(sandboxes "$1" running); do
    sandbox_podman pause "$id" >/dev/null || return 1
  done
}

# Always runs after a pause: at the end, on signals, and as ExecStopPost of a killed backup.
unpause_agent() { # WORKLOAD
  local name id try
  if [ "$1" = host ]; then return; fi
  name=$(container "$1") || return 0
  for id in $(sandboxes "$1" paused); do
    sandbox_podman unpause "$id" >/dev/null || say "$1: warning: its sandbox $id could not be put back to work"
  done
  for try in 1 2 3; do
    if [ "$(container_state "$name")" != paused ]; then return 0; fi
    podman unpause "$name" >/dev/null || sleep "$try"
  done
  [ "$(container_state "$name")" != paused ]
}

milliseconds() {
  echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# A copy of the data as one moment left it, at staging/tree; sets PAUSE_MS.
copy_paused() {
  local start status=0
  rm -rf --one-file-system "$(state_dir "$WORKLOAD")/staging/tree"
  trap 'unpause_agent "$WORKLOAD"' EXIT
  trap 'exit 1' INT TERM HUP
  start=$(milliseconds)
  if pause_agent "$WORKLOAD"; then copy_tree "$WORKLOAD" || status=$?; else status=200; fi
  if ! unpause_agent "$WORKLOAD"; then say "$WORKLOAD: its container stays paused: podman unpause $(container "$WORKLOAD")"; fi
  PAUSE_MS=$(($(milliseconds) - start))
  trap - EXIT
  case $status in
    0) ;;
    200) give_up "$FAILED" "podman could not pause its container: see podman's line above" ;;
    124 | 137) discard_copy && give_up "$FAILED" "its tree took more than ${COPY_SECONDS:-120} s to copy: the agent keeps too many files" ;;
    *) discard_copy && give_up "$FAILED" "its tree could not be copied: see cp's line above; is its volume full (df $(state_dir "$WORKLOAD"))" ;;
  esac
  if [ "$PAUSE_MS" -gt 5000 ]; then say "$WORKLOAD: warning: its agent was paused for $PAUSE_MS ms, more than 5000"; fi
}

discard_copy() {
  rm -rf --one-file-system "$(state_dir "$WORKLOAD")/staging/tree"
}

# Ends the command unless this host's clock and the store's agree to 5 minutes.
require_clock() {
  local offset
  offset=$(clock_offset) || give_up "$UNREACHABLE" "the store does not answer: look at the network and the store's address"
  if [ "${offset#-}" -gt 300 ]; then
    give_up "$REFUSED" "this host's clock is $offset s off the store's: set it (timedatectl status), the order of snapshots depends on it"
  fi
}

# shellcheck disable=SC2034 # the callers read what it sets
# Takes one snapshot; sets SNAPSHOT, OUTCOME (`uploaded` or `unchanged`) and PAUSE_MS, or ends the command.
take_snapshot() { # KIND ACCEPT (yes|no)
  local measure why list status=0 highest parent next tree
  tree=$(state_dir "$WORKLOAD")/staging/tree
  require_marker "$WORKLOAD"
  require_clock
  list=$(snapshot_list "$WORKLOAD") || status=$?
  if [ "$status" -ne 0 ]; then restic_problem "$status" && give_up "$CODE" "$PROBLEM"; fi
  highest=$(jq -c '.[-1] // {"sequence": -1, "generation": 0}' <<<"$list")
  if [ "$(jq .generation <<<"$highest")" -gt "$(birth .generation)" ]; then
    give_up "$REFUSED" "generation $(jq .generation <<<"$highest") writes this repository, this host is generation $(birth .generation): stop this host, it has a successor"
  fi

  copy_paused
  measure=$(measure_tree "$WORKLOAD" "$tree") || give_up "$FAILED" "the copy of its tree could not be read"
  why=$(implausible "$measure" "$WORKLOAD") || give_up "$FAILED" "its marker cannot be read: systemctl start roost-restore@$WORKLOAD"
  if [ -n "$why" ] && [ "$2" != yes ]; then
    discard_copy
    give_up "$REFUSED" "its tree shrank ($why): if that is right, roost backup $WORKLOAD --accept, else roost restore $WORKLOAD"
  fi

  parent=$(marker "$WORKLOAD" .snapshot) || parent=""
  if ! jq -e --arg id "$parent" 'any(.id == $id)' <<<"$list" >/dev/null; then
    if [ -n "$parent" ]; then say "$WORKLOAD: warning: the store no longer shows snapshot ${parent:0:8}, so everything is uploaded anew"; fi
    parent=""
  elif [ "$(jq -r .fingerprint <<<"$measure")" = "$(marker "$WORKLOAD" .fingerprint)" ]; then
    discard_copy
    SNAPSHOT=$parent OUTCOME=unchanged
    return
  fi
  next=$(jq -n --argjson highest "$highest" --argjson mine "$(marker "$WORKLOAD" .sequence)" '[$highest.sequence, $mine] | max + 1')
  upload "$1" "$next" "$parent"
  discard_copy
  write_marker "$WORKLOAD" "$next" "$SNAPSHOT" "$measure" || give_up "$FAILED" "its marker could not be written: is its volume full (df $(state_dir "$WORKLOAD"))"
  OUTCOME=uploaded
}

# Uploads staging/tree; sets SNAPSHOT.
upload() { # KIND SEQUENCE PARENT
  local status=0 answer options=() pattern tree
  tree=$(state_dir "$WORKLOAD")/staging/tree
  if [ "$WORKLOAD" != host ]; then
    # A file larger than the volume can only be a hole.
    options+=(--exclude-larger-than "$(workload "$WORKLOAD" .volumeMib)M")
    while IFS= read -r pattern; do options+=(--exclude "$tree/${pattern#/}"); done < <(jq -r '(.exclude // [])[]' "$(workload_file "$WORKLOAD")")
  fi
  if [ -n "$3" ]; then options+=(--parent "$3"); fi
  restic_place || give_up "$BUSY" "two other backups of this host have run for ten minutes: try again"
  # Every copy has new inodes; size and time of change of the content say what changed.
  answer=$(restic_run "$WORKLOAD" backup --json --retry-lock 2m --host "$(birth .stack)/$(birth .host)" \
    --tag "roost,generation=$(birth .generation),sequence=$2,kind=$1" --ignore-inode --ignore-ctime "${options[@]}" "$tree") || status=$?
  SNAPSHOT=$(jq -r 'select(.message_type == "summary") | .snapshot_id // empty' <<<"$answer" 2>/dev/null) || SNAPSHOT=""
  if [ "$status" -eq 0 ] && [ -n "$SNAPSHOT" ]; then return; fi
  # An incomplete snapshot must not be the highest.
  if [ -n "$SNAPSHOT" ]; then restic_run "$WORKLOAD" forget "$SNAPSHOT" >/dev/null || say "$WORKLOAD: warning: the incomplete snapshot ${SNAPSHOT:0:8} stays: restic forget it off the host"; fi
  discard_copy
  restic_problem "$status"
  give_up "$CODE" "$PROBLEM"
}

# Once a day hides what is older than anyone wants; the last ones stay whatever a clock once said.
forget_old() {
  local stamp
  stamp=$(state_dir "$WORKLOAD")/staging/forgotten
  if [ -n "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then return; fi
  restic_run "$WORKLOAD" unlock >/dev/null || return 1
  restic_run "$WORKLOAD" forget --tag roost --group-by '' --keep-last 20 --keep-within 2d --keep-within-hourly 7d \
    --keep-within-daily 60d --keep-within-monthly 2y >/dev/null || return 1
  touch "$stamp"
}
