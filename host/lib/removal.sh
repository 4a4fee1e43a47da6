# shellcheck shell=bash
# The end of a tenant that a release no longer has: stopped and kept in the store before the switch, deleted after it.
# Its snapshots stay: docs/recovery.md says how they are erased for good.
#
# Usage: . lib/removal.sh    after lib/common.sh, lib/release.sh, lib/agents.sh and lib/volumes.sh

removal_record() { # WORKLOAD
  echo "$VAR/removing/$1"
}

# Stops an agent for good and takes its last snapshot, while its units are still those of the release that has it.
# Status 1 when it still runs; a snapshot that failed is in the record.
begin_removal() { # ID WORKLOAD
  local service container snapshot outcome before
  PROBLEM="$2 could not be stopped to be removed: see the journal"
  service=$(agent_field "$1" "$2" .service) && container=$(agent_field "$1" "$2" .container) || return
  record_removal "$2" "$container" '{"reason": "it was not stopped"}' || return
  before=$(status_get "workloads.$2.final")
  attempt systemctl stop "roost-backup@$2.timer" "roost-backup@$2.service"
  systemctl stop "$service" || return
  attempt systemctl start "roost-final@$2.service"
  attempt systemctl stop "roost-final@$2.service"
  outcome=$(status_get "workloads.$2.final")
  snapshot=$(jq -r '.snapshot // empty' <<<"$outcome")
  if [ -z "$snapshot" ] || [ "$outcome" = "$before" ] || [ "$(jq -r .outcome <<<"$outcome")" = failed ]; then
    record_removal "$2" "$container" "$(jq -c '{reason: (.reason? // "its last snapshot failed")}' <<<"$outcome")"
    return
  fi
  record_removal "$2" "$container" "$(jq -nc --arg snapshot "$snapshot" '{$snapshot}')"
}

record_removal() { # WORKLOAD CONTAINER JSON
  jq -nc --arg container "$2" --argjson more "$3" '{$container} + $more' | replace_file "$(removal_record "$1")"
}

# Puts agents back to work that were stopped to be removed, by the units of the release that has them.
take_back_removals() { # WORKLOAD...
  local name
  for name in "$@"; do rm -f "$(removal_record "$name")"; done
  attempt systemctl start --no-block roost-agents.target
}

# Deletes what a removed tenant had here, once its last snapshot is known. Does nothing to a tenant that is back.
finish_removal() { # WORKLOAD
  local record container
  record=$(removal_record "$1")
  if workload_file "$1" >/dev/null; then rm -f "$record" && return; fi
  if ! jq -e '.snapshot | strings' "$record" >/dev/null 2>&1; then
    PROBLEM="$1 is removed without a last snapshot ($(jq -r .reason "$record")), so its volume stays: add it again, or delete $(volume_file "$1") and $record"
    return "$FAILED"
  fi
  container=$(jq -r .container "$record")
  attempt podman rm --force --ignore "$container" >/dev/null
  delete_volume "$1" || return
  if podman network exists "$container"; then attempt podman network rm "$container" >/dev/null; fi
  rm -rf --one-file-system "$VAR/restic-cache/$1" "$VAR/stopped/$1"
  rm -f "$record"
}

finish_removals() {
  local record problems=""
  for record in "$VAR"/removing/*; do
    if [ -f "$record" ] && ! finish_removal "$(basename "$record")"; then problems+="${problems:+; }$PROBLEM"; fi
  done
  PROBLEM=$problems
  [ -z "$problems" ]
}
