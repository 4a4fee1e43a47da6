# shellcheck shell=bash
# nanobot honours the ids in its pairing.json besides the allow list, and every allowed person can add to them.
#
# Usage: . lib/pairing.sh    after lib/common.sh and lib/tenant.sh
# Needs: jq

readonly PAIRING_LIMIT=1048576

# Prints the ids that pairing.json lets in and the allow list does not, as `telegram:123`, at most 20; nothing that a
# tenant wrote leaves here but plain ids.
paired_ids() { # WORKLOAD
  local allowed
  allowed=$(workload "$1" '.allowFrom // {} | tojson')
  tenant_file "$1" pairing.json "$PAIRING_LIMIT" | jq -r --argjson allowed "$allowed" '
    def plain: if test("^[A-Za-z0-9+@._|-]{1,64}$") then . else "?" end;
    [.approved | objects | to_entries[] | .key as $channel | .value | arrays | .[] | tostring
      | select((. as $id | $allowed[$channel] // [] | index([$id]) or index(["*"])) | not)
      | "\($channel | plain):\(plain)"] | unique | .[:20][]' 2>/dev/null || return 0
}

# Removes what the allow list does not know, unless the workload's config says `pairing: true`. Pending codes go too.
# What cannot be read as nanobot's own JSON lets nobody in afterwards. Status 1 when the file could not be replaced.
clean_pairing() { # WORKLOAD
  local allowed known new
  if workload "$1" '.kind != "nanobot" or .pairing == true' >/dev/null; then return 0; fi
  # shellcheck disable=SC2016
  if ! as_tenant "$1" bash --norc -c '[ -e pairing.json ] || [ -L pairing.json ]'; then return 0; fi
  allowed=$(workload "$1" '.allowFrom // {} | tojson')
  known=$(tenant_file "$1" pairing.json "$PAIRING_LIMIT") || known=''
  new=$(jq --argjson allowed "$allowed" '
    {approved: (.approved | with_entries(.key as $channel | .value |= [.[] | strings
      | select(. as $id | $allowed[$channel] // [] | index([$id]) or index(["*"]))])), pending: {}}' \
    <<<"$known" 2>/dev/null) && [ -n "$new" ] || new='{"approved": {}, "pending": {}}'
  # A rename, so that a link of that name is replaced and never written through.
  # shellcheck disable=SC2016
  if ! as_tenant "$1" bash --norc -c '
    umask 077
    if [ -d pairing.json ] && [ ! -L pairing.json ]; then rm -rf pairing.json; fi
    new=$(mktemp .pairing.XXXXXX) && printf "%s\n" "$1" >"$new" && mv -T "$new" pairing.json' - "$new"; then
    say "$1: pairing.json could not be cleaned, so people who are not on its allow list may get in: look into $VAR/state/$1/data"
    return "$FAILED"
  fi
}

# Notes who was added to (+) and left (-) the allow list and the pairing store, `MOMENT + telegram:123 listed`, for
# `roost review`; the last 2000 changes.
# shellcheck disable=SC2016
note_access() { # WORKLOAD
  local log=$VAR/health/access-$1 known=$VAR/health/known-$1 after
  after=$({
    jq -r '.allowFrom // {} | to_entries[] | .key as $channel | .value[] | "\($channel):\(.) listed"' "$(workload_file "$1")"
    if [ "$(workload "$1" .kind)" = nanobot ]; then paired_ids "$1" | sed 's/$/ paired/'; fi
  } | sort)
  if [ -f "$known" ] && [ "$(<"$known")" = "$after" ]; then return 0; fi
  touch "$log" "$known"
  {
    cat "$log"
    comm -13 "$known" <(echo "$after") | awk -v moment="$(date +%s)" 'NF {print moment, "+", $0}'
    comm -23 "$known" <(echo "$after") | awk -v moment="$(date +%s)" 'NF {print moment, "-", $0}'
  } | tail -n 2000 | replace_file "$log"
  echo "$after" | replace_file "$known"
}
