# shellcheck shell=bash
# The state of a workload on this host: its folders, marker, consistent copy and measures; sourced after common.sh.

state_dir() { # WORKLOAD
  echo "$VAR/state/$1"
}

marker_file() { # WORKLOAD
  echo "$VAR/state/$1/.roost-marker.json"
}

marker() { # WORKLOAD JQ_FILTER; status not 0 when there is no marker or no such value
  jq -er "$2" "$(marker_file "$1")" 2>/dev/null
}

# The host's own state needs no volume: it is small and root's.
require_state() { # WORKLOAD
  if [ "$1" = host ]; then
    mkdir -p "$VAR/host" "$VAR/state/host/staging"
  else
    require_workload "$1"
    # An unmounted volume would be taken for an emptied one.
    if ! mountpoint --quiet "$VAR/state/$1"; then
      fail "$FAILED" "$1: its volume is not mounted: systemctl start \"\$(systemd-escape --path --suffix=mount /var/lib/roost/state/$1)\""
    fi
    mkdir -p "$VAR/state/$1/staging"
  fi
  chmod 0700 "$VAR/state/$1/staging"
}

# Of two commands on one workload's state the second waits; the lock is given back when the process ends.
lock_state() { # WORKLOAD
  mkdir -p "$RUN"
  exec {STATE_FD}>>"$RUN/state-$1.lock"
  if ! flock --exclusive --timeout "${STATE_LOCK_SECONDS:-600}" "$STATE_FD"; then
    fail "$BUSY" "$1: another command works on its state: try again when it has ended"
  fi
}

# The uid that owns the data: the agent's, root's for the host.
data_uid() { # WORKLOAD
  if [ "$1" = host ]; then echo 0; else workload "$1" .agentUid; fi
}

# A copy that nothing writes to any more. Links are copied, never followed; what a hostile tree can hurt is this one
# process, which has no network and an end.
copy_tree() { # WORKLOAD
  local to
  to=$(state_dir "$1")/staging/tree
  if [ "$1" = host ]; then
    mkdir -p "$to" || return
    cp -a --one-file-system --reflink=auto "$VAR/host" "$to/host" || return
    if [ -d "$ETC/registry" ]; then cp -a --one-file-system --reflink=auto "$ETC/registry" "$to/registry"; fi
  else
    timeout --kill-after=5 "${COPY_SECONDS:-120}" unshare --net cp -a --one-file-system --reflink=always "$(state_dir "$1")/data" "$to"
  fi
}

# What a tree holds, as {"files","bytes","fingerprint","present"}: `present` are those of its paths that are there.
measure_tree() { # WORKLOAD TREE
  local totals fingerprint present
  totals=$(find "$2" -xdev -type f -printf '%s\n' | awk '{ bytes += $1 } END { printf "{\"files\":%d,\"bytes\":%.0f}", NR, bytes }') || return
  # All that restic would keep of a file but its content; a directory's size is the file system's business.
  fingerprint=$(find "$2" -xdev \( -type d -printf 'd %P %m %U %G\0' \) -o -printf '%y %P %m %U %G %s %T@ %l\0' | LC_ALL=C sort -z | sha256sum | cut -d ' ' -f 1) || return
  present=$(present_paths "$1" "$2" | jq -Rnc '[inputs]') || return
  jq -nc --argjson totals "$totals" --arg fingerprint "$fingerprint" --argjson present "$present" '$totals + {$fingerprint, $present}'
}

present_paths() { # WORKLOAD TREE
  local path mount
  if [ "$1" = host ]; then return; fi
  mount=$(workload "$1" .mountPath) || return
  jq -r '(.paths // [])[], (.databases // [])[]' "$(workload_file "$1")" | sort -u | while IFS= read -r path; do
    path=${path#"$mount"}
    path=${path#/}
    # Without following: a link is not what was there before.
    if [ -n "$path" ] && [ -n "$(find "$2/$path" -maxdepth 0 ! -type l 2>/dev/null)" ]; then printf '%s\n' "$path"; fi
  done
}

# Why a tree cannot be the next state of what the marker describes; nothing when it can.
# Half of the files or of the bytes gone at once, or a path that matters: no agent does that between two backups.
implausible() { # MEASURE; the last measure is the marker's
  jq -rn --argjson was "$(cat "$(marker_file "$2")")" --argjson is "$1" '
    [ if $is.files * 2 < ($was.files // 0) then "\($was.files) files became \($is.files)" else empty end,
      # Below 1 MiB a summary of a conversation may well halve the tree.
      if ($was.bytes // 0) >= 1048576 and $is.bytes * 2 < $was.bytes then "\($was.bytes) bytes became \($is.bytes)" else empty end,
      ((($was.present // []) - $is.present)[] | "\(.) is gone") ] | join(", ")'
}

# The last thing of a restore and of a backup: what this volume holds and which snapshot knows it.
write_marker() { # WORKLOAD SEQUENCE SNAPSHOT MEASURE
  jq -nc --arg stack "$(birth .stack)" --arg host "$(birth .host)" --arg workload "$1" --argjson generation "$(birth .generation)" \
    --argjson sequence "$2" --arg snapshot "$3" --argjson measure "$4" \
    '{$stack, $host, $workload, $generation, $sequence, $snapshot} + $measure' | replace_file "$(marker_file "$1")"
}

# Ends the command when the marker is missing or of another host: then the tree is not what the repository continues.
require_marker() { # WORKLOAD
  local file
  file=$(marker_file "$1")
  if [ ! -f "$file" ]; then
    give_up "$REFUSED" "its state has no marker, so nothing is known to have been restored: systemctl start roost-restore@$1"
  fi
  if ! jq -e --arg stack "$(birth .stack)" --arg host "$(birth .host)" --arg workload "$1" \
    '.stack == $stack and .host == $host and .workload == $workload' "$file" >/dev/null 2>&1; then
    give_up "$REFUSED" "its state is marked as that of another workload or host: put its own volume back, or restore it (docs/recovery.md)"
  fi
}

empty_folder() { # FOLDER
  [ -z "$(find "$1" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null)" ]
}
