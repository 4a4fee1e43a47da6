# shellcheck shell=bash
# What the lab's commands share: what they need, what they build, the network they run in. Sourced at the repository's root.
#
#   lab_prepare            fails with one line about what the machine lacks; builds the guest and the tools, once
#   lab_network COMMAND... runs COMMAND in a network of its own, as this same process: its loopback is what the guest sees
#                          at 10.0.2.2, with the address of the provider's metadata service on it
#
# Variables: ROOST_LAB, ROOST_LAB_SUITE  see build/guest.sh
#            ROOST_ORACLES    where other tools are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
#            ROOST_LAB_GUEST  is set by lab_prepare to the guest's folder
# Needs: root on Debian 12 with apt, Go, curl; 3 GiB of memory and 5 GB of disk; no KVM

lab_missing() {
  local tool
  if [ "$(id -u)" -ne 0 ]; then echo root; fi
  for tool in apt-get go curl unshare ip mount; do
    if ! command -v "$tool" >/dev/null; then echo "$tool"; fi
  done
}

lab_prepare() {
  local missing
  missing=$(lab_missing)
  if [ -n "$missing" ]; then
    echo "lab: did not run, this machine lacks ${missing//$'\n'/, }" >&2
    return 1
  fi
  bash test/conformance/oracles/butane.sh
  bash test/conformance/oracles/versitygw.sh
  ROOST_LAB_GUEST=$(bash test/lab/build/guest.sh)
  export ROOST_LAB_GUEST
}

lab_network() { # COMMAND...
  # shellcheck disable=SC2016 # the inner shell expands
  exec unshare --net -- bash -c 'ip link set lo up && ip address add 169.254.169.254/32 dev lo && exec "$@"' lab "$@"
}
