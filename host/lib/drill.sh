# shellcheck shell=bash
# A restore of a workload's last snapshot to a scratch place, and what is asked of it; sourced after recover.sh.
#
# Variables: WORKLOAD, SECTION, HERE  set by the caller
#            DRILL_SUBSET  how much of the repository's packs is read, as restic's --read-data-subset takes it; default 256M
#            DRILL_RESERVE_MIB  what must stay free on the host's disk; default 2048

# Each workload's scratch place is a file system of the size of its volume: a hostile tree fills that and nothing else.
make_scratch() { # MIB NEEDED_BYTES
  local place=$VAR/drill/$WORKLOAD free
  remove_scratch "$WORKLOAD"
  mkdir -p "$place" || return 1
  free=$(df --block-size=1 --output=avail "$VAR" | tail -n 1)
  if [ "$free" -lt $(($2 + ${DRILL_RESERVE_MIB:-2048} * 1048576)) ]; then
    give_up "$FAILED" "no room for a drill: its snapshot has $2 bytes and $free are free (df $VAR): free some, or use a larger disk"
  fi
  truncate --size "$1M" "$place.xfs" && mkfs.xfs -q "$place.xfs" && mount -o loop,nodev,nosuid,noexec,discard "$place.xfs" "$place"
}

remove_scratch() { # WORKLOAD
  local place=$VAR/drill/$1
  if mountpoint --quiet "$place"; then umount "$place" || umount --lazy "$place" || say "$1: warning: $place stays mounted"; fi
  rm -f "$place.xfs"
  rm -rf --one-file-system "$place"
}

# shellcheck disable=SC2153 # read_snapshots sets LIST
drill() {
  local started=$SECONDS tree=$VAR/drill/$WORKLOAD/tree chosen status=0 findings rto
  read_snapshots || give_up "$CODE" "$PROBLEM"
  chosen=$(jq -c '.[-1] // empty' <<<"${LIST/none/[]}")
  if [ -z "$chosen" ]; then
    if [ ! -e "$(marker_file "$WORKLOAD")" ]; then
      say "$WORKLOAD: it has no snapshot yet, so there is nothing to try out"
      return
    fi
    give_up "$REFUSED" "the store shows none of its snapshots: docs/recovery.md, \"Snapshots are hidden\""
  fi
  make_scratch "$(scratch_mib)" "$(jq '.bytes // 0' <<<"$chosen")" || give_up "$FAILED" "its scratch place could not be made: is the disk full (df $VAR)"
  fetch_snapshot "$chosen" "$tree"
  set_owners "$tree" || give_up "$FAILED" "the owners of its restored data could not be set"
  findings=$(inspect_tree "$tree") || give_up "$FAILED" "snapshot $(jq -r '.id[:8]' <<<"$chosen") does not pass: ${findings:-the check itself failed, see the lines above}"
  rto=$((SECONDS - started))
  RESTIC_SECONDS=3600 restic_run "$WORKLOAD" check --no-lock --with-cache --read-data-subset "${DRILL_SUBSET:-256M}" >&2 || status=$?
  if [ "$status" -ne 0 ]; then
    restic_problem "$status"
    give_up "$CODE" "its repository is not whole ($PROBLEM): docs/recovery.md, \"A pack is missing\""
  fi
  record_drill "$chosen" "$rto" "$findings"
}

scratch_mib() {
  if [ "$WORKLOAD" = host ]; then echo 512; else workload "$WORKLOAD" .volumeMib; fi
}

# RPO: how old the newest state is that the store has. An unchanged tree was still found equal to its snapshot later.
record_drill() { # SNAPSHOT_JSON RTO FINDINGS_JSON
  local known saved rpo
  known=$(status_get "workloads.$WORKLOAD")
  saved=$(jq -r --argjson known "$known" '.id as $id | [.time[:19] + "Z", ($known | (.backup, .final) | objects | select(.snapshot == $id) | .at | strings)] | max' <<<"$1")
  rpo=$(($(date +%s) - $(date --date "$saved" +%s)))
  report "$(jq -nc --argjson snapshot "$1" --argjson rpo "$rpo" --argjson rto "$2" --argjson findings "$3" --arg at "$(now)" \
    '{outcome: "passed", $at, snapshot: $snapshot.id, rpoSeconds: $rpo, rtoSeconds: $rto, files: $snapshot.files, bytes: $snapshot.bytes} + $findings')"
  printf '%s  passed  %s  RPO %s s  RTO %s s\n' "$WORKLOAD" "$(jq -r '.id[:8]' <<<"$1")" "$rpo" "$2"
}

# Prints {"jsonl","databases"} (how many were read); status not 0 and a line that says what is wrong.
inspect_tree() { # TREE
  if [ "$WORKLOAD" = host ]; then
    inspect_host "$1"
  else
    inspect_in_image "$1"
  fi
}

inspect_host() { # TREE
  local file
  for file in "$1"/registry/workloads/*.json; do
    if [ -f "$file" ] && ! jq empty "$file" 2>/dev/null; then
      echo "registry/workloads/$(basename "$file") is not JSON"
      return 1
    fi
  done
  echo '{}'
}

# The agent's own image reads its state, as the tenant's uid, without network: the host trusts none of these files, and has no sqlite.
inspect_in_image() { # TREE
  local kind uid root image mount config answer status=0 program options=() databases=() path
  kind=$(workload "$WORKLOAD" .kind) && uid=$(workload "$WORKLOAD" .agentUid) && root=$(workload "$WORKLOAD" .uid) &&
    image=$(workload "$WORKLOAD" .image) && mount=$(workload "$WORKLOAD" .mountPath) && config=$(realpath "$ETC/current/workloads/$WORKLOAD") || return
  while IFS= read -r path; do databases+=("${path#"$mount"/}"); done < <(workload "$WORKLOAD" '(.databases // [])[]')
  if [ "$kind" = nanobot ]; then
    program=(/opt/nanobot/bin/python3 -I -) options=(--env "HOME=$mount" --volume "$config/config.json:$mount/config.json:ro,z")
    # The mount point that podman would make were the tree root's.
    if [ ! -e "$1/config.json" ]; then install --mode 0600 --owner "$uid" --group "$uid" /dev/null "$1/config.json" || return; fi
  else
    program=(node --input-type=module -) options=(--env OPENCLAW_CONFIG_PATH=/etc/openclaw/openclaw.json --volume "$config:/etc/openclaw:ro,z"
      --env HOME=/tmp --env OPENCLAW_STATE_DIR=/tmp/openclaw --env OPENCLAW_NO_RESPAWN=1)
  fi
  if [ "$uid" != "$root" ]; then options+=(--uidmap "0:$root:1" --uidmap "1000:$uid:1" --gidmap "0:$root:1" --gidmap "1000:$uid:1"); fi
  answer=$(timeout --kill-after=30 900 podman run --rm --interactive --pull never --name "roost-drill-$WORKLOAD" --replace --network none --read-only \
    --tmpfs /tmp:rw,noexec,nosuid,nodev,size=64m --cap-drop all --security-opt no-new-privileges --pids-limit 256 --memory 1g --user 1000:1000 \
    --volume "$1:$mount:Z" "${options[@]}" --entrypoint "${program[0]}" "$image" "${program[@]:1}" "$mount" "${databases[@]}" \
    <"$HERE/lib/inspect-$kind.${INSPECT[$kind]}") || status=$?
  # Names of files may come from a hostile tree.
  if [ "$status" -ne 0 ]; then
    tail -n 1 <<<"$answer" | LC_ALL=C tr -dc '[:print:]' | head -c 300
    return 1
  fi
  jq -c '{jsonl: (.jsonl | numbers), databases: (.databases | numbers)}' <<<"$answer"
}

declare -rA INSPECT=([nanobot]=py [moltbot]=mjs)
