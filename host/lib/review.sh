# shellcheck shell=bash
# What `roost review` shows; sourced after common.sh, restic.sh and tenant.sh. Names, arguments and ids come from a tenant:
# nothing of them reaches a terminal that could steer it.

readonly REVIEW_LINES=500
# Control and format characters, such as escape sequences and changes of the direction of writing.
readonly HARMLESS='def harmless: gsub("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]"; "?"); '

# `+` new, `-` gone, `M` content, `U` rights, as restic says it.
changed_files() { # WORKLOAD FROM_JSON TO_JSON
  local answer
  if [ -z "$2" ] || [ "$2" = "$3" ]; then
    echo "  none since the last snapshot"
    return
  fi
  if ! answer=$(RESTIC_SECONDS=600 restic_run "$1" diff --json --no-lock "$(jq -r .id <<<"$2")" "$(jq -r .id <<<"$3")"); then
    echo "  could not be read"
    return 1
  fi
  jq -r "$HARMLESS"'select(.message_type == "change") | "  \(.modifier)  \(.path | sub("^.*/staging/tree"; "") | harmless)"' <<<"$answer" | at_most
}

# Prints at most REVIEW_LINES lines and how many more there are.
at_most() {
  awk -v most="$REVIEW_LINES" 'NR <= most; END {if (NR > most) print "  ... and " NR - most " more"; if (NR == 0) print "  none"}'
}

# nanobot keeps sessions as lines of JSON, OpenClaw in SQLite, which only its own image can read.
tool_calls() { # WORKLOAD SINCE
  if [ "$(workload "$1" .kind)" = nanobot ]; then nanobot_calls "$1" "$2"; else moltbot_calls "$1" "$2"; fi
}

# Runs as the tenant's user; sorted by time, at most 8 MiB of each session's end.
nanobot_calls() { # WORKLOAD SINCE
  local answer
  # shellcheck disable=SC2016
  answer=$(TENANT_SECONDS=60 as_tenant "$1" bash --norc -c '
    [ -d sessions ] || exit 0
    find sessions -xdev -type f -name "*.jsonl" -newermt "@$1" -print0 | while IFS= read -r -d "" file; do
      dd if="$file" iflag=nofollow,nonblock status=none 2>/dev/null | tail -c 8388608 | jq -Rrc "$2"
    done' - "$2" "$HARMLESS"'fromjson? | objects | select(._type == null and (.tool_calls | type) == "array")
      | (.timestamp | strings) as $at | .tool_calls[] | .function? // . | objects
      | "  \($at[:19])  \(.name | tostring | harmless | .[:40])  \(.arguments | if type == "string" then . else tojson end | harmless | .[:300])"') || {
    echo "  could not be read"
    return 1
  }
  # The image runs in UTC, so its times compare as text.
  awk -v since="  $(date --utc --date "@$2" +%Y-%m-%dT%H:%M:%S)" 'NF && $0 >= since' <<<"$answer" | sort | at_most
}

moltbot_calls() { # WORKLOAD SINCE
  local answer
  if ! answer=$(timeout 60 podman exec --interactive "$(workload "$1" .container)" node --no-warnings --input-type=module - "$2" <"$REVIEW_HERE/review-moltbot.mjs" 2>/dev/null); then
    echo "  could not be read: the gateway must run for this"
    return 1
  fi
  jq -r "$HARMLESS"'"  \(.at[:19])  \(.name | harmless | .[:40])  \(.arguments | harmless | .[:300])"' <<<"$answer" | sort | at_most
}

REVIEW_HERE=$(dirname "${BASH_SOURCE[0]}")

# roost-health notes each change of the allow list and of what pairing let in.
access_changes() { # WORKLOAD SINCE
  local file=$VAR/health/access-$1
  if [ -f "$file" ]; then
    awk -v since="$2" '$1 >= since {$1 = strftime("%Y-%m-%dT%H:%M:%SZ", $1, 1); print "  " $0}' "$file" | at_most
  else
    echo "  not watched yet"
  fi
}
