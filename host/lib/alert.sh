# shellcheck shell=bash
# Delivers alerts by paths that need no agent: a webhook, ntfy, a Telegram bot of its own, and a healthchecks-style ping.
# Each path remembers what it has told, so that a problem is told once, its end once, and what a dead path missed is told
# when it answers again. Addresses and tokens are secrets: they reach curl on standard input and no message names them.
#
# Usage: . lib/alert.sh      after lib/common.sh
# Reads: secrets/alerts.json of the release: {"webhook": URL, "ntfy": URL, "ping": URL, "telegram": {"token", "chat"}}
# Writes: /var/lib/roost/alerts.json, what each path was told; section `alerts` of status.json
# Variables: ROOST_TELEGRAM_API   default https://api.telegram.org
# Needs: curl, jq

readonly ALERTS_FILE=$VAR/alerts.json
readonly ALERT_URL='^https?://[^"\\[:space:]]+$'

# Sends a body to an address; prints nothing, or what went wrong without any of the address.
post_quietly() { # URL CONTENT_TYPE BODY
  local code status=0
  if ! [[ $1 =~ $ALERT_URL ]]; then
    echo "its address is no URL"
    return 1
  fi
  code=$(printf 'url = "%s"\n' "$1" | curl --config - --silent --output /dev/null --write-out '%{http_code}' \
    --max-time 10 --header "Content-Type: $2" --data-binary @<(printf '%s' "$3") 2>/dev/null) || status=$?
  if [ "$status" -ne 0 ]; then
    echo "no answer (curl $status)"
  elif [[ $code != 2* ]]; then
    echo "HTTP $code"
  else
    return 0
  fi
  return 1
}

# One attempt on one path.
alert_send() { # PATH SECRETS TEXT PROBLEMS
  local path=$1 secrets=$2 text=$3 body
  case $path in
    webhook)
      # `text` is what Slack and Mattermost show, `content` what Discord does.
      body=$(jq -n --arg text "$text" --argjson problems "$4" '{text: $text, content: $text, problems: $problems}')
      post_quietly "$(jq -r .webhook <<<"$secrets")" application/json "$body"
      ;;
    ntfy)
      post_quietly "$(jq -r .ntfy <<<"$secrets")" text/plain "$text"
      ;;
    telegram)
      body=$(jq -n --arg text "$text" --argjson to "$(jq .telegram.chat <<<"$secrets")" '{chat_id: $to, text: $text}')
      post_quietly "${ROOST_TELEGRAM_API:-https://api.telegram.org}/bot$(jq -r .telegram.token <<<"$secrets")/sendMessage" \
        application/json "$body"
      ;;
  esac
}

# The message of one path: what it was not told yet. Empty when there is nothing new. Discord takes 2000 characters.
alert_text() { # HOST TOLD PROBLEMS
  jq -rn --arg host "$1" --argjson told "$2" --argjson problems "$3" '
    [($problems | to_entries[] | select($told[.key] == null) | "ALERT \($host): \(.value)"),
     ($told | to_entries[] | select($problems[.key] == null) | "RECOVERED \($host): \(.value)")]
    | map(.[:600]) | . as $lines
    | reduce $lines[] as $line ({text: "", left: ($lines | length)};
        if .full or (.text | length) + ($line | length) > 1800 then .full = true
        else .text += (if .text == "" then "" else "\n" end) + $line | .left -= 1 end)
    | .text + (if .left > 0 then "\n... and \(.left) more: roost status" else "" end)'
}

# Tells every path what it does not know yet. Problems are an object from key to text; it is all that is wrong now.
alerts_deliver() { # PROBLEMS
  local file secrets known host path told text error next report='{}' ping problems=$1
  file=$(secret_file alerts.json)
  secrets=$(jq -ce objects "$file" 2>/dev/null) || secrets='{}'
  # A cut-off memory tells everything once more, never less.
  known=$(jq -ce objects "$ALERTS_FILE" 2>/dev/null) || known='{}'
  host=$(jq -r '"\(.stack)/\(.host)"' "$ETC/current/host/config.json" 2>/dev/null) || host=roost
  next='{}'
  for path in webhook ntfy telegram; do
    if ! jq -e --arg path "$path" '.[$path] != null' <<<"$secrets" >/dev/null; then continue; fi
    told=$(jq -c --arg path "$path" '.[$path].told // {}' <<<"$known")
    text=$(alert_text "$host" "$told" "$problems")
    error=$(jq -r --arg path "$path" '.[$path].error // empty' <<<"$known")
    if [ -n "$text" ]; then
      if error=$(alert_send "$path" "$secrets" "$text" "$problems"); then told=$problems; fi
    fi
    next=$(alert_note "$next" "$known" "$path" "$told" "$error")
  done
  if ping=$(jq -er '.ping | strings' <<<"$secrets"); then
    if [ "$problems" != '{}' ]; then ping=${ping%/}/fail; fi
    text=$(jq -rn --argjson problems "$problems" '[$problems[]] | join("\n") | .[:1800]')
    if error=$(post_quietly "$ping" text/plain "$text"); then error=''; fi
    next=$(alert_note "$next" "$known" ping '{}' "$error")
  fi
  replace_file "$ALERTS_FILE" <<<"$next"
  report=$(jq -c 'map_values({alive: (.error == ""), error, since})' <<<"$next")
  status_set alerts "$report"
}

# What is remembered of a path; `since` is when it last changed between alive and dead.
alert_note() { # NEXT KNOWN PATH TOLD ERROR
  jq -cn --argjson next "$1" --argjson known "$2" --arg path "$3" --argjson told "$4" --arg error "$5" --arg now "$(now)" '
    $next + {($path): {told: $told, error: $error,
      since: (if $known[$path].since != null and ($known[$path].error == "") == ($error == "") then $known[$path].since else $now end)}}'
}
