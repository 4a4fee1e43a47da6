# shellcheck shell=bash
# The agents of a release and how they are: what a switch compares before and after.
#
# Usage: . lib/agents.sh    after lib/common.sh and lib/release.sh
# Variables: GATE_SECONDS  how long agents may take to be well after a switch; default 300

# The names of the agents that a release brings, without those made at run time.
agents_of() { # ID
  local file
  for file in "$(public_tree "$1")"/host/workloads/*.json; do
    if [ -f "$file" ]; then basename "$file" .json; fi
  done
}

agent_field() { # ID WORKLOAD JQ_FILTER
  jq -er "$3" "$(public_tree "$1")/host/workloads/$2.json"
}

# The digest of all that an agent's unit depends on.
agent_digest() { # ID WORKLOAD
  jq -r --arg unit "$(agent_field "$1" "$2" .service)" '.units[$unit] // ""' "$(public_tree "$1")/manifest.json"
}

# Agents of NEW that OLD has not, that OLD has and NEW has not, and those that both have and that differ.
added_agents() { # OLD_ID NEW_ID
  LC_ALL=C comm -13 <(agents_of "$1" | LC_ALL=C sort) <(agents_of "$2" | LC_ALL=C sort)
}

changed_agents() { # OLD_ID NEW_ID
  local name
  for name in $(LC_ALL=C comm -12 <(agents_of "$1" | LC_ALL=C sort) <(agents_of "$2" | LC_ALL=C sort)); do
    if [ "$(agent_digest "$1" "$name")" != "$(agent_digest "$2" "$name")" ]; then echo "$name"; fi
  done
}

# Whether its unit is active and its container says that it is healthy.
agent_well() { # ID WORKLOAD
  systemctl --quiet is-active "$(agent_field "$1" "$2" .service)" &&
    [ "$(podman inspect --format '{{.State.Health.Status}}' "$(agent_field "$1" "$2" .container)" 2>/dev/null)" = healthy ]
}

# Every start makes a new container.
container_id() { # ID WORKLOAD
  podman inspect --format '{{.Id}}' "$(agent_field "$1" "$2" .container)" 2>/dev/null || echo none
}

well_agents() { # ID
  local name
  for name in $(agents_of "$1"); do
    if agent_well "$1" "$name"; then echo "$name"; fi
  done
}

# Waits until all of these are well; prints those that are not when the time is over.
wait_for_agents() { # ID WORKLOAD...
  local id=$1 name left deadline=$((SECONDS + ${GATE_SECONDS:-300}))
  shift
  while :; do
    left=()
    for name in "$@"; do
      if ! agent_well "$id" "$name"; then left+=("$name"); fi
    done
    if [ ${#left[@]} -eq 0 ]; then return; fi
    if [ "$SECONDS" -ge "$deadline" ]; then break; fi
    sleep 2
    set -- "${left[@]}"
  done
  printf '%s\n' "${left[@]}"
}

# Images come before anything is stopped: an agent must not be down while its image is fetched. Sandboxes' images belong
# to another engine, and their unit fetches them.
pull_images() { # ID
  local image login=()
  if [ -f "$(secret_folder "$1")/auth.json" ]; then login=(--authfile "$(secret_folder "$1")/auth.json"); fi
  while IFS= read -r image; do
    if podman image exists "$image"; then continue; fi
    if ! podman pull --quiet "${login[@]}" "$image" >/dev/null; then
      # shellcheck disable=SC2034 # the callers say it
      PROBLEM="the image $image could not be pulled: see podman's line in the journal"
      return "$UNREACHABLE"
    fi
  done < <(for name in $(agents_of "$1"); do agent_field "$1" "$name" .image; done | sort -u)
}
