# shellcheck shell=bash
# The agents' secrets in Podman's store, which they reach by name and never as an argument.
#
# Usage: . lib/secrets.sh    after lib/common.sh, lib/store.sh and lib/release.sh
# /var/lib/roost/secrets.json says which release each name's value comes from; it is written before the store is
# changed, and again as secrets.done after it, so that a crash between the two is mended at the next start.

# Names and origins once a release is in force: every name of it is its own.
secrets_of() { # ID
  local folder
  folder=$(secret_folder "$1")/podman
  if [ ! -d "$folder" ]; then echo '{}' && return; fi
  find "$folder" -type f -printf '%f\n' | LC_ALL=C sort | jq -Rnc --arg id "$1" '[inputs | {key: ., value: $id}] | from_entries'
}

# Where the values come from that the store holds now, as far as their files are still here.
known_origins() {
  local name id
  jq -r 'to_entries[] | "\(.key)\t\(.value)"' "$VAR/secrets.json" 2>/dev/null | while IFS=$'\t' read -r name id; do
    if [ -f "$(secret_folder "$id")/podman/$name" ]; then jq -nc --arg name "$name" --arg id "$id" '{($name): $id}'; fi
  done | jq -sc 'add // {}'
}

# Back from NEW to OLD: a name that both have keeps the new value, because the old one may have been revoked; where the
# releases differ in nothing but values, the old values are what is wanted back.
secrets_back() { # OLD_ID NEW_ID
  if only_secret_values_differ "$1" "$2"; then
    secrets_of "$1"
  else
    jq -nc --argjson old "$(secrets_of "$1")" --argjson new "$(secrets_of "$2")" '$old * ($new | with_entries(select(.key as $name | $old | has($name))))'
  fi
}

only_secret_values_differ() { # ID ID
  local id lists=()
  for id in "$1" "$2"; do
    lists+=("$(manifest_of "$id" | jq -cS '[.files[] | if .path | startswith("secrets/podman/") then .path else . end]')") || return 1
  done
  [ "${lists[0]}" = "${lists[1]}" ]
}

# Makes Podman's store hold these values; names in ORIGINS_JSON only.
set_secrets() { # ORIGINS_JSON
  local name id known held
  replace_file "$VAR/secrets.json" <<<"$1" || return
  known=$(podman secret ls --format '{{.Name}}') || return
  while IFS=$'\t' read -r name id; do
    held=$(jq -r --arg name "$name" '.[$name] // ""' "$VAR/secrets.done" 2>/dev/null) || held=""
    # Every release has all secrets: what is the same in both is left alone.
    if grep -qxF "$name" <<<"$known" && [ -n "$held" ] &&
      cmp --silent "$(secret_folder "$held")/podman/$name" "$(secret_folder "$id")/podman/$name"; then continue; fi
    podman secret create --replace "$name" "$(secret_folder "$id")/podman/$name" >/dev/null || return
  done < <(jq -r 'to_entries[] | "\(.key)\t\(.value)"' <<<"$1")
  replace_file "$VAR/secrets.done" <<<"$1"
}

# Takes names out of the store that were ours and are no more. A container that runs keeps what it was given.
drop_secrets() { # ORIGINS_JSON of what stays
  local name
  while IFS= read -r name; do
    if podman secret exists "$name"; then podman secret rm "$name" >/dev/null || return; fi
  done < <(jq -r --argjson stay "$1" 'keys[] | select(. as $name | $stay | has($name) | not)' "$VAR/secrets.json" 2>/dev/null)
  set_secrets "$1"
}

# The login of a private registry lies where the .image units look for it, or is gone.
set_registry_login() { # ID
  if [ -f "$(secret_folder "$1")/auth.json" ]; then
    replace_file "$VAR/auth.json" <"$(secret_folder "$1")/auth.json"
  else
    rm -f "$VAR/auth.json"
  fi
}
