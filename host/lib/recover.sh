# shellcheck shell=bash
# Brings a snapshot into a workload's state, or begins it empty where that is allowed; sourced after snapshot.sh.
#
# Order of every restore: note what is under way, fetch beside the data, check, move in one step, marker last.
# A crash at any point leaves no marker, and the next start begins again from the note.

note_file() { # WORKLOAD
  echo "$(state_dir "$1")/staging/restoring.json"
}

# shellcheck disable=SC2034 # the callers read CODE and PROBLEM
# Sets LIST to the snapshots, `none` when the store shows no repository; CODE and PROBLEM with status 1 when it says neither.
read_snapshots() {
  local status=0 list
  if ! clock_offset >/dev/null; then
    CODE=$UNREACHABLE PROBLEM="the store does not answer: look at the network and the store's address"
    return 1
  fi
  list=$(snapshot_list "$WORKLOAD") || status=$?
  case $status in
    0) LIST=$list ;;
    "$RESTIC_NO_REPOSITORY") LIST=none ;;
    *) restic_problem "$status" && return 1 ;;
  esac
}

# Moves the present data to a folder of its own in the same volume; nothing when that has been done.
keep_aside() { # NAME
  local state
  state=$(state_dir "$WORKLOAD")
  if [ -e "$state/$1" ]; then return; fi
  if [ "$WORKLOAD" = host ]; then
    # Copies: the host works on while its registry is exchanged.
    rm -rf --one-file-system "$state/$1.new" && mkdir "$state/$1.new" || return
    cp -a --one-file-system "$VAR/host" "$state/$1.new/host" || return
    if [ -d "$ETC/registry" ]; then cp -a --one-file-system "$ETC/registry" "$state/$1.new/registry" || return; fi
    sync -f "$state/$1.new" && mv -T "$state/$1.new" "$state/$1" || return
  elif [ -e "$state/data" ]; then
    mv -T "$state/data" "$state/$1" || return
  fi
  sync "$state"
}

# Fetches a snapshot to an empty folder and checks it; the folder's owner and mode are the caller's business.
fetch_snapshot() { # SNAPSHOT_JSON FOLDER
  local status=0 id path wanted found
  id=$(jq -r .id <<<"$1") path=$(jq -r .path <<<"$1")
  rm -rf --one-file-system "$2"
  mkdir -m 0700 "$2" || give_up "$FAILED" "no folder could be made for a restore: is its volume full (df $(dirname "$2"))"
  restic_place || give_up "$BUSY" "two other backups of this host have run for ten minutes: try again"
  restic_run "$WORKLOAD" restore "$id:$path" --no-lock --sparse --verify --target "$2" >/dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    rm -rf --one-file-system "$2"
    restic_problem "$status"
    give_up "$CODE" "snapshot ${id:0:8} could not be restored whole: $PROBLEM; is there room (df $(dirname "$2"))"
  fi
  exec {PLACE_FD}>&-
  wanted=$(jq -r '.files // empty' <<<"$1")
  found=$(find "$2" -xdev -type f -printf . | wc -c)
  # restic counts a file that is a hole only when it was backed up, so it never restores fewer.
  if [ -n "$wanted" ] && [ "$found" -lt "$wanted" ]; then
    rm -rf --one-file-system "$2"
    give_up "$FAILED" "snapshot ${id:0:8} has $wanted files and $found were restored: run npm run verify-backups off the host"
  fi
}

# nanobot writes as one uid. Moltbot's sandboxes write as others of its user's, which stay as they were.
set_owners() { # FOLDER
  local uid root
  uid=$(data_uid "$WORKLOAD")
  chown "$uid:$uid" "$1"
  chmod 0700 "$1"
  if [ "$WORKLOAD" = host ] || [ "$(workload "$WORKLOAD" .kind)" != nanobot ]; then return; fi
  root=$(workload "$WORKLOAD" .uid)
  find "$1" -xdev ! -uid "$uid" ! -uid "$root" -exec chown -h "$uid:$uid" {} +
}

# Puts a fetched folder where the data belongs; there is no data yet, or an empty folder.
place_data() { # FOLDER
  local data
  data=$(state_dir "$WORKLOAD")/data
  if [ "$WORKLOAD" = host ]; then
    place_host "$1"
  else
    if [ -d "$data" ]; then rmdir "$data" || return; fi
    mv -T "$1" "$data" || return
    sync "$(state_dir "$WORKLOAD")"
  fi
}

# The host's state lies in two places; each is replaced in one step.
place_host() { # FOLDER
  if [ -d "$1/registry" ]; then
    rm -rf --one-file-system "$ETC/registry.new" && cp -a "$1/registry" "$ETC/registry.new" && sync -f "$ETC/registry.new" || return
    rm -rf --one-file-system "$ETC/registry" && mv -T "$ETC/registry.new" "$ETC/registry" || return
  fi
  if [ -d "$1/host" ]; then
    rm -rf --one-file-system "$VAR/host" && mv -T "$1/host" "$VAR/host" || return
  fi
  rm -rf --one-file-system "$1"
  sync -f "$VAR" "$ETC"
}

# Restores into a workload without data; ends with the marker. SEQUENCE is what the next snapshot goes beyond.
restore_data() { # SNAPSHOT_JSON SEQUENCE
  local folder measure data
  folder=$(state_dir "$WORKLOAD")/staging/restored data=$(state_dir "$WORKLOAD")/data
  jq -nc --argjson snapshot "$1" '{$snapshot}' | replace_file "$(note_file "$WORKLOAD")" ||
    give_up "$FAILED" "nothing can be written to its volume: is it full (df $(state_dir "$WORKLOAD"))"
  fetch_snapshot "$1" "$folder"
  set_owners "$folder" || give_up "$FAILED" "the owners of its restored data could not be set"
  measure=$(measure_tree "$WORKLOAD" "$folder") || give_up "$FAILED" "its restored data could not be read"
  sync -f "$folder" || give_up "$FAILED" "its restored data could not be written: is its volume full"
  place_data "$folder" || give_up "$FAILED" "its restored data could not be moved to $data"
  clean_allowed
  write_marker "$WORKLOAD" "$2" "$(jq -r .id <<<"$1")" "$measure" || give_up "$FAILED" "its marker could not be written: is its volume full"
  rm -f "$(note_file "$WORKLOAD")"
}

# Ids that a restored pairing list has and the release does not allow are taken out before the agent starts.
clean_allowed() {
  local library
  library=$(dirname "${BASH_SOURCE[0]}")/pairing.sh
  if [ "$WORKLOAD" = host ] || [ ! -f "$library" ]; then return; fi
  # shellcheck disable=SC1090
  . "$library"
  clean_pairing "$WORKLOAD" || give_up "$FAILED" "its pairing list could not be cleaned"
}

born() {
  jq -r --arg name "$WORKLOAD" '.workloads[$name].born // empty' "$ETC/current/manifest.json" 2>/dev/null | grep . ||
    jq -r '.born // empty' "$(workload_file "$WORKLOAD")" 2>/dev/null
}

# Whether a person allowed this workload to start without its old state in this generation. Once: a snapshot of this
# generation is its state since then, which an eviction or a new volume must not lose.
fresh_allowed() {
  [ "$WORKLOAD" != host ] && [ "$(jq -r '.fresh // empty' "$(workload_file "$WORKLOAD")" 2>/dev/null)" = "$(birth .generation)" ] &&
    { [ "$LIST" = none ] || ! jq -e --argjson here "$(birth .generation)" 'any(.generation == $here)' <<<"$LIST" >/dev/null; }
}

# Whether this very volume was already found to be that of a new workload, before a crash.
begun_here() {
  [ "$(jq -r '.fresh // empty' "$(note_file "$WORKLOAD")" 2>/dev/null)" = "$(birth .generation)" ]
}

# Begins with nothing, where DESIGN's rule or a person allows it: repository and first snapshot come before the agent.
begin_empty() {
  local versions status=0 data uid measure sequence=0
  data=$(state_dir "$WORKLOAD")/data
  if ! fresh_allowed && ! begun_here; then
    if [ "$LIST" != none ]; then
      give_up "$REFUSED" "the store shows its repository without one snapshot, so it does not start empty: docs/recovery.md, \"Snapshots are hidden\""
    fi
    if [ "$(born)" != "$(birth .generation)" ]; then
      give_up "$REFUSED" "the store shows no repository, and it was born in generation $(born), not $(birth .generation): mend the store, or set fresh: $(birth .generation) in its config to start it without its past"
    fi
    versions=$(store_versions "$WORKLOAD") || give_up "$UNREACHABLE" "the store does not list its objects, so nobody knows whether there are any: look at the store and the key's right to list versions"
    if [ "$versions" != empty ]; then
      give_up "$REFUSED" "the store has objects of it and hides its repository, so it does not start empty: docs/recovery.md, \"The repository is hidden\""
    fi
  fi
  jq -nc --argjson fresh "$(birth .generation)" '{$fresh}' | replace_file "$(note_file "$WORKLOAD")" ||
    give_up "$FAILED" "nothing can be written to its volume: is it full (df $(state_dir "$WORKLOAD"))"
  if [ "$LIST" = none ]; then
    restic_run "$WORKLOAD" init >&2 || status=$?
    if [ "$status" -ne 0 ]; then restic_problem "$status" && give_up "$CODE" "its repository could not be made: $PROBLEM"; fi
  else
    sequence=$(jq '(.[-1].sequence // -1) + 1' <<<"$LIST")
  fi
  if [ "$WORKLOAD" != host ]; then
    uid=$(data_uid "$WORKLOAD")
    if ! mkdir -p "$data" || ! chown "$uid:$uid" "$data" || ! chmod 0700 "$data"; then
      give_up "$FAILED" "its data folder could not be made: is its volume full (df $(state_dir "$WORKLOAD"))"
    fi
  fi
  rm -rf --one-file-system "$(state_dir "$WORKLOAD")/staging/tree"
  copy_tree "$WORKLOAD" || give_up "$FAILED" "its empty tree could not be copied"
  measure=$(measure_tree "$WORKLOAD" "$(state_dir "$WORKLOAD")/staging/tree") || give_up "$FAILED" "its empty tree could not be read"
  upload first "$sequence" ""
  discard_copy
  write_marker "$WORKLOAD" "$sequence" "$SNAPSHOT" "$measure" || give_up "$FAILED" "its marker could not be written: is its volume full"
  rm -f "$(note_file "$WORKLOAD")"
}
