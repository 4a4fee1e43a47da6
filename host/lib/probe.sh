# shellcheck shell=bash
# Asks each channel of an agent whether it hears, and takes no message from it.
#
# Usage: . lib/probe.sh      after lib/common.sh
# Variables: ROOST_TELEGRAM_API   default https://api.telegram.org
#            ROOST_DISCORD_API    default https://discord.com/api/v10
# Needs: curl, jq, podman, journalctl

# A secret of Podman's store; only root gets it.
podman_secret() { # NAME
  podman secret inspect --showsecret --format '{{.SecretData}}' "$1" 2>/dev/null
}

# Prints the body of an answer and its HTTP status on a line of its own; the configuration comes on standard input, so
# that no token is in an argument.
ask() {
  curl --config - --silent --max-time 10 --max-filesize 65536 --write-out '\n%{http_code}\n' 2>/dev/null
}

# Prints `KEY TEXT`, one line, for each thing that is wrong; nothing when the channel hears.
probe_telegram() { # WORKLOAD SECRET
  local token answer code
  token=$(podman_secret "$2") || token=''
  if ! [[ $token =~ ^[0-9]+:[A-Za-z0-9_-]+$ ]]; then
    echo "channel-auth $1: Telegram's token is missing or no token: is the secret $2 in the release?"
    return
  fi
  answer=$(printf 'url = "%s/bot%s/getWebhookInfo"\n' "${ROOST_TELEGRAM_API:-https://api.telegram.org}" "$token" | ask) || answer=''
  code=$(tail -n 1 <<<"$answer")
  case $code in
    200)
      jq -r --arg name "$1" '.result
        | if (.url // "") != "" then "channel-conflict \($name): another program set a webhook for this Telegram bot, so the agent hears nothing"
          elif (.pending_update_count // 0) > 0 then "channel-deaf \($name): \(.pending_update_count) Telegram messages wait and the agent does not fetch them"
          else empty end' <<<"$(sed '$d' <<<"$answer")" 2>/dev/null || echo "channel-unreachable $1: Telegram answers nonsense"
      ;;
    401 | 404) echo "channel-auth $1: Telegram refuses the token (HTTP $code): it was revoked or is another bot's" ;;
    *) echo "channel-unreachable $1: Telegram does not answer (HTTP ${code:-000})" ;;
  esac
  # Only the poller itself is told of a second one, so its log is asked.
  if journalctl --quiet --since=-5min --output=cat "CONTAINER_NAME=$(workload "$1" .container)" 2>/dev/null |
    grep --quiet 'terminated by other getUpdates'; then
    echo "channel-conflict $1: another poller holds this Telegram token (409), so messages get lost between the two"
  fi
}

probe_discord() { # WORKLOAD SECRET
  local token answer code
  token=$(podman_secret "$2") || token=''
  if ! [[ $token =~ ^[A-Za-z0-9._-]+$ ]]; then
    echo "channel-auth $1: Discord's token is missing or no token: is the secret $2 in the release?"
    return
  fi
  answer=$(printf 'url = "%s/users/@me"\nheader = "Authorization: Bot %s"\n' \
    "${ROOST_DISCORD_API:-https://discord.com/api/v10}" "$token" | ask) || answer=''
  code=$(tail -n 1 <<<"$answer")
  case $code in
    200) discord_started "$1" ;;
    401) echo "channel-auth $1: Discord refuses the token (HTTP 401): it was reset" ;;
    *) echo "channel-unreachable $1: Discord does not answer (HTTP ${code:-000})" ;;
  esac
}

# nanobot's client gives up for good when its start fails, and says so in the first minutes of the unit's run.
discord_started() { # WORKLOAD
  local since last
  if workload "$1" '.kind != "nanobot"' >/dev/null; then return 0; fi
  since=$(date --date "$(systemctl show --property=ActiveEnterTimestamp --value "$(workload "$1" .service)" 2>/dev/null)" +%s 2>/dev/null) || return 0
  last=$(journalctl --quiet --output=cat --since="@$since" --until="@$((since + 900))" "CONTAINER_NAME=$(workload "$1" .container)" 2>/dev/null |
    grep -o -e 'client startup failed' -e 'bot connected as user' | tail -n 1)
  if [ "$last" = 'client startup failed' ]; then
    echo "channel-deaf $1: its Discord client gave up when it started: \`roost logs $1\` says why (are the bot's intents on?)"
  fi
}

# The gateway of Moltbot knows whether it is connected; the token alone proves nothing. Its own command takes up to 460 MB
# of the gateway's memory (measured), so it is run only to name what the cheap answer says is wrong.
probe_gateway() { # WORKLOAD
  local container ready named
  container=$(workload "$1" .container)
  ready=$(timeout 20 podman exec "$container" curl --silent --max-time 10 http://127.0.0.1:18789/readyz 2>/dev/null) || ready=''
  if [ -z "$ready" ]; then
    echo "channel-unreachable $1: the gateway does not answer /readyz"
    return
  fi
  if jq -e '.ready == true' <<<"$ready" >/dev/null 2>&1; then return 0; fi
  named=$(jq -r '[.failing[]? | strings | gsub("[^A-Za-z0-9:_-]"; "?") | .[:40]] | join(" ")' <<<"$ready" 2>/dev/null) || named=''
  echo "channel-deaf $1: the gateway says it is not ready${named:+, failing is $named}: \`sudo moltbot channels status\` says more"
}

probe_channels() { # WORKLOAD
  local kind secret
  while IFS=$'\t' read -r kind secret; do
    case $kind in
      telegram) probe_telegram "$1" "$secret" ;;
      discord) probe_discord "$1" "$secret" ;;
    esac
  done < <(workload "$1" '.channels[]? | [.kind, .secret] | @tsv')
  if workload "$1" '.kind == "moltbot"' >/dev/null; then probe_gateway "$1"; fi
}
