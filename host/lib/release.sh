# shellcheck shell=bash
# Lays a release out and checks it: public files below /etc/roost/releases/<id>, secret ones below /var/lib/roost.
#
# Usage: . lib/release.sh    after lib/common.sh and lib/store.sh
# Needs: tar, jq, sha256sum
# Whatever fails sets PROBLEM. A release is laid out beside its place and moved there once it is whole.

# Below /etc nothing is secret, not even the digest of a secret: an OS update keeps a copy of it.
readonly PUBLIC_MANIFEST='.files |= map(select(.path | startswith("secrets/") | not))'

manifest_of() { # ID; the manifest in the archive
  tar --extract --to-stdout --file "$(archive "$1")" manifest.json
}

public_tree() { # ID
  echo "$ETC/releases/$1"
}

secret_folder() { # ID
  echo "$VAR/releases/$1/secrets"
}

# One line for every file and link that a manifest lists below a prefix: type, mode, path, target.
listed() { # MANIFEST secrets|public
  jq -r --arg which "$2" '.files[] | select((.path | startswith("secrets/")) == ($which == "secrets"))
    | if .link then "l \(.path) \(.link)" else "f \(.mode | ltrimstr("0")) \(.path)" end' <<<"$1" | LC_ALL=C sort
}

found() { # FOLDER PREFIX
  find "$1" -mindepth 1 \( -type l -printf "l $2%P %l\n" -o ! -type d -printf "%y %m $2%P\n" \) | LC_ALL=C sort
}

# Whether a folder holds exactly the files that a manifest lists, with their modes, links and content.
holds_exactly() { # FOLDER MANIFEST secrets|public
  local prefix=""
  if [ "$3" = secrets ]; then prefix=secrets/; fi
  [ -d "$1" ] || return 1
  [ "$(found "$1" "$prefix" | grep -v '^f 600 manifest\.json$')" = "$(listed "$2" "$3")" ] || return 1
  # sha256sum wants a backslash in a name escaped, and the line marked.
  (cd "$1" && jq -r --arg which "$3" --arg prefix "$prefix" '.files[] | select(.sha256)
    | select((.path | startswith("secrets/")) == ($which == "secrets"))
    | (.path | ltrimstr($prefix)) as $path
    | if $path | contains("\\") then "\\\(.sha256)  \($path | gsub("\\\\"; "\\\\"))" else "\(.sha256)  \($path)" end' <<<"$2" |
    sha256sum --check --quiet --strict --status -)
}

# Whether the release lies on this host exactly as its archive has it.
laid_out() { # ID
  local manifest
  manifest=$(manifest_of "$1") || return 1
  holds_exactly "$(public_tree "$1")" "$manifest" public || return 1
  holds_exactly "$(secret_folder "$1")" "$manifest" secrets || return 1
  [ "$(jq -c . "$(public_tree "$1")/manifest.json" 2>/dev/null)" = "$(jq -c "$PUBLIC_MANIFEST" <<<"$manifest")" ]
}

# Refuses what is not for this host, before anything of it is laid out.
check_manifest() { # ID
  local manifest
  manifest=$(manifest_of "$1" 2>/dev/null) || { PROBLEM="the release has no manifest" && return "$REFUSED"; }
  PROBLEM=$(jq -r --slurpfile birth "$ETC/birth.json" '$birth[0] as $birth
    | if .version != 1 then "the release has version \(.version) of its manifest, this host knows 1: bring it a new generation"
      elif .stack != $birth.stack or .host != $birth.host then "the release is for \(.stack) \(.host), this host is \($birth.stack) \($birth.host)"
      elif any(.workloads[]; .born > $birth.generation) then "the release has a workload of a later generation than this host, which is \($birth.generation)"
      elif any(.files[].path; startswith("/") or (split("/") | any(. == "" or . == "." or . == ".."))) then "the release has a path outside its own folder"
      else "" end' <<<"$manifest" 2>/dev/null) || PROBLEM="the manifest of the release cannot be read"
  [ -z "$PROBLEM" ] || return "$REFUSED"
}

# Lays a release out; leaves one alone that lies there as it should.
lay_out() { # ID
  local public secrets manifest
  public=$(public_tree "$1") secrets=$(secret_folder "$1")
  if laid_out "$1"; then return; fi
  PROBLEM="the release could not be laid out: is the disk full (df $ETC $VAR)?"
  manifest=$(manifest_of "$1") || return "$FAILED"
  rm -rf "$public.new" "$secrets.new"
  mkdir -p "$public.new" "$secrets.new" || return "$FAILED"
  tar --extract --file "$(archive "$1")" --directory "$public.new" --anchored --exclude secrets --exclude manifest.json \
    --no-same-owner --same-permissions || return "$FAILED"
  tar --extract --file "$(archive "$1")" --directory "$secrets.new" --strip-components 1 \
    --no-same-owner --same-permissions secrets || return "$FAILED"
  find "$public.new" -type d -exec chmod 0755 {} + && jq "$PUBLIC_MANIFEST" <<<"$manifest" >"$public.new/manifest.json" || return "$FAILED"
  if ! holds_exactly "$public.new" "$manifest" public || ! holds_exactly "$secrets.new" "$manifest" secrets; then
    PROBLEM="the release does not hold what its manifest lists, or the disk is full (df $ETC $VAR)"
    return "$FAILED"
  fi
  sync -f "$public.new" "$secrets.new" || return "$FAILED"
  # What lay there before was not as it should be.
  rm -rf "$public" "$secrets"
  mv -T "$public.new" "$public" && mv -T "$secrets.new" "$secrets" && sync -f "$public" "$secrets" || return "$FAILED"
}

# Asks a release that is laid out whether it could run here, before anything is switched to it.
could_run() { # ID
  local tree generator said
  tree=$(public_tree "$1") generator=$ROOT/usr/libexec/podman/quadlet
  if ! said=$(timeout 60 bash "$tree/host/roost-sync" --self-test 2>&1); then
    PROBLEM="the release's own roost-sync fails its self-test: $(tail -n 1 <<<"$said" | head -c 300)"
    return "$REFUSED"
  fi
  if ! said=$(QUADLET_UNIT_DIRS="$tree/quadlets:$ETC/registry/quadlets" "$generator" -dryrun -no-kmsg-log 2>&1 >/dev/null); then
    PROBLEM="the release's quadlets are refused: $(tail -n 1 <<<"$said" | head -c 300)"
    return "$REFUSED"
  fi
  # Its own units alone: those that the quadlets become are not there yet. A key that this systemd does not know is no error.
  if ! said=$(find "$tree/units" -maxdepth 1 -type f -print0 | SYSTEMD_UNIT_PATH="$tree/units:" \
    xargs --null --no-run-if-empty systemd-analyze verify --man=no --recursive-errors=no 2>&1) && said=$(grep -v ', ignoring\.$' <<<"$said"); then
    PROBLEM="the release's units are refused: $(head -n 1 <<<"$said" | head -c 300)"
    return "$REFUSED"
  fi
}

# Switches to a release at once; a crash leaves the old link or the new.
switch_to() { # ID
  rm -f "$ETC/current.new"
  ln -s "releases/$1" "$ETC/current.new" && sync -f "$ETC" && mv -T "$ETC/current.new" "$ETC/current" && sync -f "$ETC"
}

in_force() {
  local id
  id=$(cat "$VAR/in-force" 2>/dev/null) && [[ $id =~ $RELEASE_ID ]] && echo "$id"
}

# Takes away releases that nothing names any more: not in force, not the one before, no secret comes from them.
drop_old_releases() { # ID...; those to keep
  local keep folder id
  keep=$(printf '%s\n' "$@" none "$(release_id)" && jq -r '.[]' "$VAR/secrets.json") || return
  for folder in "$ETC"/releases/* "$VAR"/releases/*; do
    id=$(basename "$folder" .new)
    if [ -d "$folder" ] && ! grep -qxF "$id" <<<"$keep"; then rm -rf --one-file-system "$folder"; fi
  done
}
