# shellcheck shell=bash
# What can be wrong with a host. Every check prints `NAME SUBJECT: text`, one line per problem, and nothing when all is
# well; NAME is a key of ALERTS, and docs/operations.md has a runbook of the same name.
#
# Usage: . lib/checks.sh     after lib/common.sh, lib/tenant.sh, lib/pairing.sh and lib/probe.sh
# Needs: jq, systemctl, podman, tailscale, coreutils

# Seconds that a problem must last before anybody is told: what heals itself in a minute is no news.
# shellcheck disable=SC2034
declare -rA ALERTS=(
  [alert-path]=300 [backup]=0 [channel-auth]=120 [channel-conflict]=0 [channel-deaf]=600 [channel-unreachable]=900
  [disk]=0 [drill-age]=0 [gate]=7200 [memory]=300 [paired]=0 [reboot]=0 [reboot-pending]=691200 [release]=0
  [restart-loop]=0 [restarts-used-up]=0 [restore]=300 [snapshot-age]=0 [tailnet]=300 [tailnet-key]=0 [unhealthy]=120
  [unit]=120
)

readonly DISK_PERCENT=85
# Ten per cent of the time all tasks wait for memory: the host is thrashing.
readonly PRESSURE_PERCENT=10
# A drill is weekly; one may be missed.
readonly DRILL_SECONDS=$((15 * 86400))
readonly KEY_DAYS=14

# Seconds since a time of ours, or nothing when there is none.
age() { # TIME
  local at
  if at=$(date --utc --date "$1" +%s 2>/dev/null) && [ -n "$1" ]; then echo $(($(date +%s) - at)); fi
}

is_stopped() { # WORKLOAD
  [ -e "$VAR/stopped/$1" ] || [ -e "$VAR/removing/$1" ]
}

check_gate() {
  local variant
  # shellcheck source=/dev/null
  variant=$(. "$ROOT/etc/os-release" 2>/dev/null && echo "${ID:-}/${VARIANT_ID:-}") || variant=unknown
  if [ "$variant" = fedora/coreos ]; then
    echo "gate host: still on Fedora CoreOS, so it has no tailnet and runs no agent: see \`journalctl -u roost-rebase\`"
  fi
}

check_release() {
  local last
  last=$(status_get release)
  # A reason is given only for what went wrong.
  jq -r 'objects | select((.reason // "") != "")
    | "release host: the last attempt ended as \(.outcome | tostring | .[:40]): \(.reason | tostring | .[:300])"' <<<"$last"
}

check_unit() { # WORKLOAD
  local service state restarts
  service=$(workload "$1" .service)
  state=$(systemctl show --property=ActiveState --value "$service" 2>/dev/null) || state=unknown
  if [ "$state" != active ]; then
    echo "unit $1: $service is $state: \`roost logs $1\` says why"
  fi
  restarts=$(systemctl show --property=NRestarts --value "$service" 2>/dev/null) || restarts=0
  if [[ $restarts =~ ^[0-9]+$ ]] && restarts_lately "$1" "$restarts"; then
    echo "restart-loop $1: $service was restarted $LOOP_RESTARTS times or more within the hour: \`roost logs $1\` says why"
  fi
}

readonly LOOP_RESTARTS=5

# Whether the counter of a unit rose by LOOP_RESTARTS within an hour; it begins anew with each manual start.
restarts_lately() { # WORKLOAD COUNT
  local file=$VAR/health/restarts-$1 at=0 count=0 moment
  moment=$(date +%s)
  if [ -f "$file" ]; then read -r at count <"$file" || at=0; fi
  if ! [[ "$at $count" =~ ^[0-9]+\ [0-9]+$ ]] || [ $((moment - at)) -gt 3600 ] || [ "$2" -lt "$count" ]; then
    echo "$moment $2" | replace_file "$file"
    return 1
  fi
  [ $(($2 - count)) -ge "$LOOP_RESTARTS" ]
}

# `healthy`, `unhealthy`, `starting`, `paused`, `none` (no container).
health_of() { # WORKLOAD
  podman inspect --format '{{if .State.Paused}}paused{{else}}{{.State.Health.Status}}{{end}}' "$(workload "$1" .container)" 2>/dev/null || echo none
}

check_channels() { # WORKLOAD
  if [ "$(systemctl show --property=ActiveState --value "$(workload "$1" .service)" 2>/dev/null)" = active ]; then
    probe_channels "$1"
  fi
}

check_state() { # WORKLOAD
  local known at every old
  known=$(status_get "workloads.$1")
  jq -r --arg name "$1" '
    def why: .reason // "no reason given" | tostring | .[:300];
    (.backup | objects | select(.outcome == "failed") | "backup \($name): the last backup failed: \(why)"),
    (.restore | objects | select(.outcome == "failed") | "restore \($name): the agent waits for its state: \(why)")' <<<"$known"
  every=$(workload "$1" '.backupEveryMinutes | numbers') || every=60
  at=$(jq -r '[.backup.at, .final.at] | map(strings) | max // empty' <<<"$known")
  old=$(age "$at")
  # Two intervals and a quarter of an hour: one late backup is none.
  if [ -n "$old" ] && [ "$old" -gt $((every * 120 + 900)) ] && ! is_stopped "$1"; then
    echo "snapshot-age $1: the last snapshot is $((old / 60)) minutes old, wanted is one every $every: \`roost backup $1\` says why"
  fi
  old=$(age "$(jq -r '.drill.at // empty' <<<"$known")")
  if [ -n "$old" ] && [ "$old" -gt "$DRILL_SECONDS" ]; then
    echo "drill-age $1: its backup was last tried out $((old / 86400)) days ago: run \`roost drill $1\`"
  fi
}

check_paired() { # WORKLOAD
  local ids
  if [ "$(workload "$1" .kind)" != nanobot ] || workload "$1" '.pairing == true' >/dev/null; then return 0; fi
  ids=$(paired_ids "$1" | paste -sd ' ')
  if [ -n "$ids" ]; then
    echo "paired $1: people who are not on its allow list were let in by pairing: $ids"
  fi
}

check_disk() {
  local used largest
  used=$(df --output=pcent "$VAR" 2>/dev/null | tail -n 1 | tr -dc 0-9)
  if [ "${used:-0}" -ge "$DISK_PERCENT" ]; then
    # Volumes are of fixed size, so what grows is elsewhere; no tenant's tree is walked for this.
    largest=$(timeout 20 du --one-file-system --max-depth=1 --block-size=M "$ROOT/var/lib" "$ROOT/var/log" 2>/dev/null |
      sort -rn | sed -n '2,4p' | awk '{print $2 " " $1}' | paste -sd ',')
    echo "disk host: $used % of the disk is used; the largest: ${largest:-unknown}"
  fi
}

check_memory() {
  local some
  some=$(awk '$1 == "full" {sub("avg300=", "", $4); print int($4)}' "$ROOT/proc/pressure/memory" 2>/dev/null)
  if [ "${some:-0}" -ge "$PRESSURE_PERCENT" ]; then
    echo "memory host: every task waited for memory $some % of the last five minutes: a larger plan or fewer agents"
  fi
}

check_tailnet() {
  local answer state expiry left
  answer=$(timeout 10 tailscale status --json 2>/dev/null) || answer='{}'
  state=$(jq -r '.BackendState // "not running"' <<<"$answer" 2>/dev/null) || state='not running'
  if [ "$state" != Running ]; then
    echo "tailnet host: its state is $state: nobody reaches this host but by breakGlass; see \`journalctl -u tailscaled -u roost-tailnet\`"
    return
  fi
  expiry=$(jq -r '.Self.KeyExpiry // empty' <<<"$answer")
  if [ -n "$expiry" ]; then
    left=$(age "$expiry")
    if [ -n "$left" ] && [ "$((-left))" -lt $((KEY_DAYS * 86400)) ]; then
      echo "tailnet-key host: its tailnet key ends on ${expiry:0:10}: disable key expiry of this node, or a tag that does"
    fi
  fi
}

check_reboot() {
  local known
  known=$(jq -ce objects "$VAR/reboot.json" 2>/dev/null) || known='{}'
  jq -r 'select(.outcome == "returned" or .outcome == "failed")
    | "reboot host: the last OS update ended as \(.outcome): \(.reason // "no reason given")"' <<<"$known"
  if pending_reboot >/dev/null; then echo "reboot-pending host: an OS update has waited for a reboot for more than a week"; fi
}

# Whether an OS update waits for a reboot; prints which system says so.
pending_reboot() {
  if command -v rpm-ostree >/dev/null; then
    rpm-ostree status --json 2>/dev/null | jq -e 'any(.deployments[]; .staged == true)' >/dev/null && echo rpm-ostree
  else
    [ -e "$ROOT/run/reboot-required" ] && echo debian
  fi
}

check_alert_paths() {
  status_get alerts | jq -r 'objects | to_entries[] | select(.value.alive == false)
    | "alert-path \(.key): alerts do not go out by \(.key) since \(.value.since): \(.value.error)"'
}
