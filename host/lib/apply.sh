# shellcheck shell=bash
# From one release to the next, and back when the agents do not stand it.
#
# Usage: . lib/apply.sh    after all libraries that roost-sync sources

# What runs beside the agents of a release: files of the host itself, and timers.
settle_host() { # ID
  set_registry_login "$1" || return
  systemctl daemon-reload || return
  systemctl reload roost-firewall.service || say "warning: the firewall's exceptions could not be loaded, the fixed rules stand"
  apply_ssh_keys || say "warning: the SSH keys of the release are not in force"
}

# Timers of the host are wanted by timers.target, which the boot has started long ago.
start_timers() { # ID
  local link timers=()
  for link in "$(public_tree "$1")"/units/timers.target.wants/*; do
    if [ -L "$link" ]; then timers+=("$(basename "$link")"); fi
  done
  if [ ${#timers[@]} -gt 0 ]; then systemctl start --no-block "${timers[@]}"; fi
}

# One that fails leaves the others theirs: its mount fails, and with it its own agent alone.
ensure_volumes() {
  local file problems=""
  for file in "$ETC"/current/host/workloads/*.json "$ETC"/registry/workloads/*.json; do
    if [ -f "$file" ] && ! ensure_volume "$file"; then problems+="${problems:+; }$PROBLEM"; fi
  done
  PROBLEM=$problems
  [ -z "$problems" ]
}

# Checks that need nothing stopped; a release that fails one is never switched to.
prepare() { # ID
  check_manifest "$1" && lay_out "$1" && could_run "$1" && volumes_fit "$(public_tree "$1")" && pull_images "$1"
}

# Brings NEW into force in the place of OLD, or leaves OLD in force. ORIGINS says where NEW's secrets come from.
switch_release() { # OLD_ID NEW_ID ORIGINS_JSON
  local old=$1 new=$2 origins=$3 added changed gone name sick problem kept=() restarted=() before=""
  before=$(well_agents "$old")
  added=$(added_agents "$old" "$new")
  changed=$(changed_agents "$old" "$new")
  gone=$(added_agents "$new" "$old")
  for name in $gone; do
    if ! begin_removal "$old" "$name"; then
      # shellcheck disable=SC2086 # names of workloads
      take_back_removals $gone
      return "$FAILED"
    fi
  done
  if ! set_secrets "$(jq -nc --argjson known "$(known_origins)" --argjson new "$origins" '$known + $new')"; then
    PROBLEM="the agents' secrets could not be put into Podman's store: see podman's line in the journal"
    # shellcheck disable=SC2086
    take_back_removals $gone
    return "$FAILED"
  fi
  if ! switch_to "$new" || ! settle_host "$new" || ! ensure_volumes; then
    problem=$PROBLEM
    back_to "$old" "$new"
    PROBLEM=$problem
    return "$ROLLED_BACK"
  fi
  for name in $changed; do
    if [ -d "$VAR/state/$name/data" ]; then attempt clean_pairing "$name"; fi
    restarted+=("$name=$(container_id "$new" "$name")")
    attempt systemctl try-restart --no-block "$(agent_field "$new" "$name" .service)"
  done
  attempt start_timers "$new"
  attempt systemctl start --no-block roost-agents.target

  wait_for_restarts "$new" "${restarted[@]}"
  # shellcheck disable=SC2046 # names of workloads
  sick=$(wait_for_agents "$new" $(comm -23 <(sort <<<"$before") <(sort <<<"$gone")))
  if [ -n "$sick" ]; then
    back_to "$old" "$new"
    PROBLEM="after the switch these were not well, so the release before is back in force: $(paste -sd ' ' <<<"$sick")"
    return "$ROLLED_BACK"
  fi
  # shellcheck disable=SC2086 # names of workloads
  sick=$(wait_for_new "$new" $added)
  for name in $sick; do
    attempt systemctl stop "$(agent_field "$new" "$name" .service)"
    kept+=("$name is new and was not well in time, so it is stopped: roost logs $name")
  done
  if ! commit "$old" "$new" "$origins"; then
    back_to "$old" "$new"
    PROBLEM="that it is in force could not be noted: is the disk full (df $VAR)?"
    return "$ROLLED_BACK"
  fi
  if ! finish_removals; then kept+=("$PROBLEM"); fi
  PROBLEM=$(printf '%s; ' "${kept[@]}" | sed 's/; $//')
}

# A restart that is queued has not begun: what is well until then is the old container.
wait_for_restarts() { # ID WORKLOAD=CONTAINER_ID...
  local id=$1 pair deadline=$((SECONDS + 60))
  shift
  for pair in "$@"; do
    while [ "${pair#*=}" != none ] && [ "$(container_id "$id" "${pair%%=*}")" = "${pair#*=}" ] && [ "$SECONDS" -lt "$deadline" ]; do sleep 1; done
  done
}

# A new agent may wait for the store as long as it must: only one that runs and is not well is at fault.
wait_for_new() { # ID WORKLOAD...
  local name
  for name in $(wait_for_agents "$@"); do
    if systemctl --quiet is-active "roost-restore@$name.service"; then echo "$name"; fi
  done
}

# From here on the release is in force, also after a power cut.
commit() { # OLD_ID NEW_ID ORIGINS_JSON
  replace_file "$VAR/in-force" <<<"$2" || return
  replace_file "$VAR/before" <<<"$1" || return
  rm -f "$VAR/rejected"
  drop_secrets "$3" || say "warning: secrets that no release names any more stay in Podman's store"
  drop_old_releases "$2" "$1"
}

# The way back; what of it fails is tried again by the next start, because in-force still names OLD.
back_to() { # OLD_ID NEW_ID
  local name origins
  origins=$(secrets_back "$1" "$2")
  set_secrets "$(jq -nc --argjson known "$(known_origins)" --argjson back "$origins" '$known + $back')" ||
    say "warning: the secrets of the release before could not be put back"
  for name in $(added_agents "$1" "$2"); do attempt systemctl stop "$(agent_field "$2" "$name" .service)"; done
  switch_to "$1" || fail "$FAILED" "the release before could not be put back: restart this host"
  attempt settle_host "$1"
  for name in $(changed_agents "$1" "$2"); do
    attempt systemctl restart --no-block "$(agent_field "$1" "$name" .service)"
  done
  # shellcheck disable=SC2046 # names of workloads
  take_back_removals $(added_agents "$2" "$1")
  drop_secrets "$origins" || say "warning: secrets that no release names any more stay in Podman's store"
}
