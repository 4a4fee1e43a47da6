# shellcheck shell=bash
# Puts the SSH keys of the release in force in place on the running host.
#
# Usage: . lib/ssh-keys.sh   after lib/common.sh
# Needs: ssh-keygen

# The file that sshd reads for the user `core`. Fedora CoreOS reads a folder, in which Ignition's file holds the first
# boot's keys; cloud-init writes the classic file.
ssh_keys_file() {
  local home=$ROOT/var/home/core
  if [ ! -d "$home" ]; then home=$ROOT/home/core; fi
  if [ -d "$home/.ssh/authorized_keys.d" ]; then
    echo "$home/.ssh/authorized_keys.d/ignition"
  else
    echo "$home/.ssh/authorized_keys"
  fi
}

# Keys are added at once; withdrawn only while the tailnet is up. Without it, the keys of before are the way in for a
# repair with breakGlass. A list that holds no key, or a line that is none, changes nothing (status 3).
apply_ssh_keys() {
  local wanted=$ETC/current/authorized_keys file line text folder new owner
  file=$(ssh_keys_file)
  folder=$(dirname "$file")
  if [ ! -d "$folder" ]; then
    say "SSH keys: the user core has no folder $folder: the host was not born with this user"
    return "$FAILED"
  fi
  text=$(grep -v -e '^[[:space:]]*$' -e '^#' "$wanted" 2>/dev/null) || text=''
  if [ -z "$text" ]; then
    say "SSH keys: the release names none, so the keys of before stay"
    return "$REFUSED"
  fi
  while IFS= read -r line; do
    if ! ssh-keygen -l -f /dev/stdin <<<"$line" >/dev/null 2>&1; then
      say "SSH keys: the release holds a line that is no public key, so the keys of before stay"
      return "$REFUSED"
    fi
  done <<<"$text"
  if [ "$(tailscale status --json 2>/dev/null | jq -r '.BackendState' 2>/dev/null)" != Running ] && [ -f "$file" ]; then
    text=$(printf '%s\n' "$text" "$(<"$file")" | awk 'NF && !seen[$0]++')
  fi
  if [ -f "$file" ] && [ "$(<"$file")" = "$text" ]; then return 0; fi
  owner=$(stat --format=%u:%g "$folder")
  # The first dot keeps sshd's folder reader from taking the unfinished file.
  new=$(mktemp "$folder/.roost.XXXXXX")
  if ! { printf '%s\n' "$text" >"$new" && chown "$owner" "$new" && sync "$new" && mv -T "$new" "$file"; }; then
    rm -f "$new"
    say "SSH keys: $file could not be replaced, so the keys of before stay: is the disk full?"
    return "$FAILED"
  fi
}
