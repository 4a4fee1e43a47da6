# shellcheck shell=bash
# Reads and writes a tenant's tree as the tenant. A hostile tree has links, FIFOs and giants: nothing here follows, waits
# or reads without end, and what a tenant's uid may do there, the tenant could do anyway.
#
# Usage: . lib/tenant.sh     after lib/common.sh
# Variables: TENANT_SECONDS  the longest a command may take; default 20
# Needs: util-linux (setpriv, unshare), coreutils

# Runs a command as the uid of a workload's agent, in the workload's data, without network and without privileges.
as_tenant() { # WORKLOAD COMMAND...
  local uid data=$VAR/state/$1/data
  uid=$(workload "$1" '.agentUid | numbers')
  shift
  # Uid 0 would be the host itself.
  if [ "$uid" -lt 1000 ]; then return "$REFUSED"; fi
  # Entered as root: the folders above are closed to tenants.
  (cd "$data" && exec timeout --kill-after=2 "${TENANT_SECONDS:-20}" unshare --net setpriv --reuid "$uid" --regid "$uid" \
    --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all env -i PATH="$PATH" "$@")
}

# Prints at most LIMIT bytes of a regular file of the tree; status 1 when it is none.
tenant_file() { # WORKLOAD FILE LIMIT
  # shellcheck disable=SC2016
  as_tenant "$1" bash --norc -c '
    [ -f "$1" ] && [ ! -L "$1" ] || exit 1
    # Opened without following or waiting, in case it has become something else since.
    dd if="$1" iflag=nofollow,nonblock,fullblock,count_bytes bs=64K count="$2" status=none 2>/dev/null' \
    - "$2" "$3"
}
