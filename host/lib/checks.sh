# shellcheck shell=bash
# What can be wrong with a host. Every check prints `NAME SUBJECT: text`, one line per problem, and nothing when all is
# well; NAME is a key of ALERTS, and docs/operations.md has a runbook of the same name.
#
# Usage: . lib/checks.sh     after lib/common.sh, lib/tenant.sh, lib/pairing.sh, lib/restic.sh, lib/deployment.sh and lib/probe.sh
# Needs: jq, systemctl, podman, tailscale, coreutils

# Seconds that a problem must last before anybody is told: what heals itself in a minute is no news.
# shellcheck disable=SC2034
declare -rA ALERTS=(
  [alert-path]=300 [backup]=0 [channel-auth]=120 [channel-conflict]=0 [channel-deaf]=600 [channel-unreachable]=900
  [clock]=600 [disk]=0 [drill]=0 [drill-age]=0 [firewall]=120 [gate]=7200 [limits]=0 [memory]=300 [paired]=0 [reboot]=0
  [reboot-pending]=691200 [release]=0 [removal]=600 [restart-loop]=0 [restarts-used-up]=0 [restore]=300
  [snapshot-age]=0 [tailnet]=300 [tailnet-key]=0 [unhealthy]=120 [unit]=120 [volume]=0
)

# A reason is one line, so that no text of a tenant or a store can look like another problem.
# shellcheck disable=SC2034,SC2016
readonly WHY='def why: (.reason // "no reason given") | tostring | gsub("\\s+"; " ") | .[:300]; '

readonly DISK_PERCENT=85
# Ten per cent of the time all tasks wait for memory: the host is thrashing.
readonly PRESSURE_PERCENT=10
readonly KEY_DAYS=14
# As roost-backup refuses.
readonly CLOCK_SECONDS=300

# Seconds since a time of ours, or nothing when there is none.
age() { # TIME
  local at
  if at=$(date --utc --date "$1" +%s 2>/dev/null) && [ -n "$1" ]; then echo $(($(date +%s) - at)); fi
}

is_stopped() { # WORKLOAD
  [ -e "$VAR/stopped/$1" ] || [ -e "$VAR/removing/$1" ]
}

# `healthy`, `unhealthy`, `starting`, `paused`, `none` (no container).
health_of() { # WORKLOAD
  podman inspect --format '{{if .State.Paused}}paused{{else}}{{.State.Health.Status}}{{end}}' "$(workload "$1" .container)" 2>/dev/null || echo none
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
  # A reason is given only for what went wrong.
  status_get release | jq -r "$WHY"'objects | select((.reason // "") != "")
    | "release host: the last attempt ended as \(.outcome | tostring | .[:40]): \(why)"'
}

# Units of ours that failed and that no workload's section of status.json tells of.
check_host_units() {
  local unit
  while read -r unit _; do
    case $unit in
      roost-backup@* | roost-restore@* | roost-final@* | roost-reboot-gate.service | '') ;;
      *) echo "unit $unit: it failed: \`journalctl -u $unit\` says why" ;;
    esac
  done < <(systemctl list-units --state=failed --plain --no-legend 'roost-*' 2>/dev/null)
}

# Without the table every container reaches the metadata address.
check_firewall() {
  if ! nft list chain inet roost output >/dev/null 2>&1; then
    echo "firewall host: its rules are not loaded: \`systemctl restart roost-firewall\`"
  fi
}

check_removals() {
  local record name
  for record in "$VAR"/removing/*; do
    if [ ! -f "$record" ]; then continue; fi
    name=$(basename "$record")
    status_get "workloads.$name.final" | jq -r --arg name "$name" "$WHY"'
      (if type == "object" and .outcome == "failed" then why else "see `journalctl -u roost-sync`" end)
      | "removal \($name): this removed workload and its volume are still here: \(.)"'
  done
}

# A synchronised clock is believed; another is compared with the store's.
check_clock() {
  local offset
  if [ "$(timedatectl show --property=NTPSynchronized --value 2>/dev/null)" = yes ]; then return 0; fi
  if offset=$(clock_offset 2>/dev/null) && [ "${offset#-}" -gt "$CLOCK_SECONDS" ]; then
    echo "clock host: its clock is $offset s off the store's, so nothing is backed up: \`timedatectl status\`, \`systemctl restart chronyd\`"
  fi
}

check_disk() {
  local used
  used=$(df --output=pcent "$VAR" 2>/dev/null | tail -n 1 | tr -dc 0-9)
  if [ "${used:-0}" -ge "$DISK_PERCENT" ]; then echo "disk host: $used % of the disk is used; the largest: $(largest)"; fi
}

# The three largest things, looked for once an hour. A tenant's tree is a file system of its own and is not walked.
largest() {
  local file=$VAR/health/largest
  if [ -z "$(find "$file" -mmin -60 2>/dev/null)" ]; then
    timeout 120 du --one-file-system --block-size=M --summarize "$ROOT"/var/lib/containers "$ROOT"/var/lib/roost/* "$ROOT"/var/log \
      "$ROOT"/var/home/*/.local/share/containers "$ROOT"/var/tmp "$ROOT"/var/roothome 2>/dev/null |
      sort -rn | awk -v root="$ROOT" 'NR <= 3 {print substr($2, length(root) + 1) " " $1}' | paste -sd ',' | replace_file "$file"
  fi
  cat "$file"
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
  known=$(status_get reboot)
  jq -r "$WHY"'objects | select(.outcome == "returned" or .outcome == "failed")
    | "reboot host: the last OS update ended as \(.outcome): \(why)"' <<<"$known"
  if [ -n "$(deployment staged)" ]; then echo "reboot-pending host: an OS update has waited for a reboot for more than a week: \`sudo roost reboot\`"; fi
}

check_alert_paths() {
  status_get alerts | jq -r 'objects | to_entries[] | select(.value.alive == false)
    | "alert-path \(.key): alerts do not go out by \(.key) since \(.value.since): \(.value.error)"'
}
