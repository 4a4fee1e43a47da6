# shellcheck shell=bash
# The operating systems that this machine can boot: rpm-ostree's deployments, and on Debian the word that a reboot is due.
#
# Usage: . lib/deployment.sh     after lib/common.sh
# Needs: jq; rpm-ostree where there is one

has_deployments() {
  command -v rpm-ostree >/dev/null
}

# Ids of the deployment that waits for a reboot, that runs, or that a return would boot; nothing when there is none.
deployment() { # staged|booted|rollback
  local answer
  if ! has_deployments; then
    if [ "$1" = staged ] && [ -e "$ROOT/run/reboot-required" ]; then echo debian; fi
    return 0
  fi
  answer=$(timeout 60 rpm-ostree status --json 2>/dev/null) || return 1
  # What boots next comes first; what is behind the running one is the way back.
  jq -r --arg which "$1" '.deployments as $all | ([$all[] | .booted == true] | index(true)) as $at
    | (if $which == "staged" then first($all[] | select(.staged == true))
       elif $which == "booted" then $all[$at]
       else $all[$at + 1:][0] end) | .checksum // empty' <<<"$answer"
}
