# shellcheck shell=bash
# The volume of each workload's state: an XFS image of its own, fully allocated.
#
# Usage: . lib/volumes.sh    after lib/common.sh
# Needs: fallocate, mkfs.xfs, losetup, xfs_growfs, systemd-escape

# Of the disk, for the system and its logs; a volume that could not be written to would lose what its agent was told is kept.
readonly RESERVE_BYTES=$((10 * 1024 * 1024 * 1024))

volume_file() { # WORKLOAD
  echo "$VAR/volumes/$1.xfs"
}

mount_unit() { # WORKLOAD
  systemd-escape --path --suffix=mount "/var/lib/roost/state/$1"
}

# What the volumes take together: of each the larger of its config and its file, and those of nobody any more.
volume_bytes() { # TREE
  local file
  for file in "$1"/host/workloads/*.json "$ETC"/registry/workloads/*.json; do
    if [ -f "$file" ]; then jq -er '"\(.name) \(.volumeMib * 1048576)"' "$file" || return; fi
  done
  for file in "$VAR"/volumes/*.xfs; do
    if [ -f "$file" ]; then echo "$(basename "$file" .xfs) $(stat --format=%s "$file")"; fi
  done
}

# Refuses a release whose volumes do not fit on this disk together.
volumes_fit() { # TREE
  local sizes wanted disk have
  PROBLEM="the sizes of the volumes, or of the disk, cannot be read"
  sizes=$(volume_bytes "$1") || return "$FAILED"
  wanted=$(awk 'NF { if ($2 > most[$1]) most[$1] = $2 } END { for (name in most) sum += most[name]; printf "%.0f", sum }' <<<"$sizes")
  disk=$(df --output=size --block-size=1 "$VAR" | tail -n 1) || return "$FAILED"
  have=$((disk - RESERVE_BYTES))
  if [ "$wanted" -gt "$have" ]; then
    PROBLEM="the volumes of all workloads take $((wanted / 1048576)) MiB, this host's disk has room for $((have > 0 ? have / 1048576 : 0)): take a larger plan, or smaller volumes"
    return "$REFUSED"
  fi
}

# Makes a workload's volume, or grows it to what its config says; never makes it smaller.
ensure_volume() { # WORKLOAD_JSON_FILE
  local name image bytes size device
  name=$(jq -er .name "$1") && bytes=$(($(jq -er .volumeMib "$1") * 1048576)) || return
  image=$(volume_file "$name")
  PROBLEM="$name: its volume could not be made: is the disk full (df $VAR)?"
  mkdir -p "$VAR/volumes" "$VAR/state/$name" || return
  if [ ! -e "$image" ]; then
    rm -f "$image.new"
    if ! fallocate --length "$bytes" "$image.new" || ! mkfs.xfs -q "$image.new" || ! sync "$image.new" || ! mv -T "$image.new" "$image"; then
      rm -f "$image.new"
      return "$FAILED"
    fi
    sync "$VAR/volumes"
    return
  fi
  PROBLEM="$name: its volume could not be grown: is the disk full (df $VAR)?"
  size=$(stat --format=%s "$image")
  # Of its whole length: what has become a hole could be written to only while the disk has room.
  fallocate --length $((bytes > size ? bytes : size)) "$image" || return "$FAILED"
  # Also when the file has its size already: a crash may have come between the two.
  device=$(losetup --associated "$image" --output NAME --noheadings | head -n 1 | tr -d ' ')
  if [ -n "$device" ]; then losetup --set-capacity "$device" || return "$FAILED"; fi
  if mountpoint --quiet "$VAR/state/$name"; then xfs_growfs "$VAR/state/$name" >/dev/null || return "$FAILED"; fi
}

# Deletes a volume that nothing uses any more; status 3 while something does.
delete_volume() { # WORKLOAD
  local image users try
  image=$(volume_file "$1")
  if [ ! -e "$image" ]; then return; fi
  attempt systemctl stop "$(mount_unit "$1")"
  # The kernel gives a loop device back a little after its last user.
  for try in 1 2 3 4 5; do
    users=$(losetup --associated "$image") || return "$FAILED"
    if [ -z "$users" ]; then break; fi
    sleep "$try"
  done
  if [ -n "$users" ]; then
    # shellcheck disable=SC2034 # the callers say it
    PROBLEM="$1: its volume is still in use: lsof +f -- $VAR/state/$1"
    return "$REFUSED"
  fi
  rm -f "$image" && sync "$VAR/volumes"
  if [ -d "$VAR/state/$1" ]; then attempt rmdir "$VAR/state/$1"; fi
}
