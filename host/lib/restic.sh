# shellcheck shell=bash
# restic for the state of a workload: its repository, password and program; sourced after common.sh.
#
# Nothing secret is ever an argument: passwords travel by file descriptor, keys by the environment of the one process.
# Variables: RESTIC_SECONDS  limit of one run of restic; default 7200

# Exit codes of restic 0.17 and later: https://restic.readthedocs.io/en/stable/075_scripting.html#exit-codes
readonly RESTIC_INCOMPLETE=3 RESTIC_NO_REPOSITORY=10 RESTIC_LOCKED=11 RESTIC_WRONG_PASSWORD=12 RESTIC_TIMEOUT=124

state_access() { # JQ_FILTER
  jq -er "$1" "$(secret_file state.json)"
}

# `<prefix><W>`, without a slash at its end.
state_prefix() { # WORKLOAD
  printf '%s%s' "$(state_access .prefix)" "$1"
}

hex_to_bytes() { # HEX
  local i
  for ((i = 0; i < ${#1}; i += 2)); do printf '%b' "\\x${1:i:2}"; done
}

sha256_of_hex() { # HEX
  hex_to_bytes "$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# HMAC by hand, because the openssl command takes its key as an argument, which every user of the host can read.
hmac_sha256() { # HEX_KEY (at most 64 bytes) HEX_MESSAGE
  local key=$1 inner="" outer="" byte pair i
  while [ ${#key} -lt 128 ]; do key+=00; done
  for ((i = 0; i < 128; i += 2)); do
    byte=$((16#${key:i:2}))
    printf -v pair '%02x' $((byte ^ 0x36))
    inner+=$pair
    printf -v pair '%02x' $((byte ^ 0x5c))
    outer+=$pair
  done
  sha256_of_hex "$outer$(sha256_of_hex "$inner$2")"
}

# HKDF-SHA256 (RFC 5869) of the host's root without salt, 32 bytes in base64url, as the deployment derives it.
restic_password() { # WORKLOAD
  local root extracted info
  root=$(tr -- '-_' '+/' <"$(secret_file host-root)" | { cat && printf '='; } | base64 -d | od -An -v -tx1 | tr -d ' \n')
  if [ ${#root} -ne 64 ]; then
    say "the host's root is not 32 bytes in base64url: deploy the release again"
    return 1
  fi
  extracted=$(hmac_sha256 "$(printf '00%.0s' {1..32})" "$root")
  info=$(printf 'restic:%s' "$1" | od -An -v -tx1 | tr -d ' \n')
  hex_to_bytes "$(hmac_sha256 "$extracted" "${info}01")" | base64 -w 0 | tr '+/' '-_' | tr -d '='
}

# shellcheck disable=SC2153 # common.sh sets ROOT
# Prints the program: the one of the configured image, copied once, else that of the distribution.
restic_program() {
  local own="$ROOT/usr/local/bin/restic" image container
  image=$(jq -r '.resticImage // empty' "$ETC/current/host/config.json" 2>/dev/null) || image=""
  if [ -n "$image" ] && { [ ! -x "$own" ] || [ "$(cat "$VAR/restic-image" 2>/dev/null)" != "$image" ]; }; then
    if container=$(podman create --quiet "$image" 2>/dev/null); then
      if podman cp "$container:/usr/bin/restic" "$own.new" >&2 && chmod 0755 "$own.new" && sync "$own.new" && mv -T "$own.new" "$own"; then
        printf '%s' "$image" | replace_file "$VAR/restic-image"
      fi
      podman rm --force "$container" >/dev/null || say "warning: the container that restic was copied from stays: podman rm $container"
    fi
  fi
  if [ -x "$own" ]; then
    echo "$own"
  elif ! command -v restic; then
    say "there is no restic on this host: set the image of restic in config, or install the package restic"
    return 1
  fi
}

# Runs restic on a workload's repository; its own exit code, 124 when it took too long.
restic_run() { # WORKLOAD ARGUMENTS...
  local workload=$1 program key_id key endpoint repository
  shift
  program=$(restic_program) || return 1
  key_id=$(state_access .keyId) && key=$(state_access .key) && endpoint=$(state_access .endpoint) || return 1
  repository=s3:$endpoint/$(state_access .bucket)/$(state_prefix "$workload") || return 1
  AWS_ACCESS_KEY_ID=$key_id AWS_SECRET_ACCESS_KEY=$key AWS_DEFAULT_REGION=$(state_region) RESTIC_REPOSITORY=$repository \
    RESTIC_CACHE_DIR=$VAR/restic-cache/$workload \
    timeout --kill-after=30 "${RESTIC_SECONDS:-7200}" \
    "$program" --password-file <(restic_password "$workload") --cleanup-cache --quiet "$@"
}

# What the exit code of restic means, in words that say what to do, and the exit code of ours.
# shellcheck disable=SC2034 # read by the callers
restic_problem() { # STATUS; sets PROBLEM and CODE
  case $1 in
    "$RESTIC_NO_REPOSITORY") CODE=$REFUSED PROBLEM="the store shows no repository, and it had one: look into the store (docs/recovery.md, \"The repository is hidden\")" ;;
    "$RESTIC_LOCKED") CODE=$BUSY PROBLEM="the repository is locked by another restic: try again, or see docs/recovery.md, \"A lock stays\"" ;;
    "$RESTIC_WRONG_PASSWORD") CODE=$FAILED PROBLEM="the repository has another password: the store's root is not the one it was made with (docs/recovery.md, \"Wrong password\")" ;;
    "$RESTIC_INCOMPLETE") CODE=$FAILED PROBLEM="restic could not read all of the tree: see its lines above" ;;
    "$RESTIC_TIMEOUT" | 137) CODE=$UNREACHABLE PROBLEM="restic did not end in ${RESTIC_SECONDS:-7200} s: look at the network, the store and the size of the tree" ;;
    *) CODE=$FAILED PROBLEM="restic ended with status $1: see its lines above" ;;
  esac
}

# At most two restic at once on a host. The place is given back when the calling process ends.
restic_place() {
  local try place
  mkdir -p "$RUN"
  for ((try = 0; try < 1200; try++)); do
    for place in 1 2; do
      exec {PLACE_FD}>>"$RUN/restic.$place"
      if flock --exclusive --nonblock "$PLACE_FD"; then return; fi
      exec {PLACE_FD}>&-
    done
    sleep 0.5
  done
  return 1
}

# B2 names the region in its endpoint; other stores of the S3 kind take any.
state_region() {
  local endpoint
  endpoint=$(state_access .endpoint) || return 1
  if [[ $endpoint =~ ^https://s3\.([a-z0-9-]+)\.backblazeb2\.com/?$ ]]; then echo "${BASH_REMATCH[1]}"; else echo us-east-1; fi
}

# SHA-256 of nothing. curl before 8 leaves the header out, and stores refuse a request without it.
readonly NO_BODY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# One signed request without a body to the store; the key travels on standard input.
state_curl() { # CURL_ARGUMENTS...
  local key_id key
  key_id=$(state_access .keyId) && key=$(state_access .key) || return 1
  printf 'user = "%s:%s"\n' "$key_id" "$key" |
    curl --config - --aws-sigv4 "aws:amz:$(state_region):s3" --header "x-amz-content-sha256: $NO_BODY" --silent --max-time 30 --retry 2 "$@"
}

# Seconds that this host's clock is ahead of the store's; status 1 when the store does not answer.
clock_offset() {
  local header date
  header=$(curl --silent --max-time 20 --retry 2 --output /dev/null --dump-header - "$(state_access .endpoint)") || return 1
  date=$(sed -n 's/^[Dd]ate: *\([^\r]*\)\r*$/\1/p' <<<"$header" | tail -n 1)
  if [ -z "$date" ]; then return 1; fi
  echo $(($(date +%s) - $(date --date "$date" +%s)))
}

# Whether the store shows not one version of any object, hidden ones too, below the workload's prefix.
# Prints `empty` or `used`; status 1 when the store did not say so in a whole answer.
store_versions() { # WORKLOAD
  local prefix answer
  prefix=$(jq -rn --arg prefix "$(state_prefix "$1")/" '$prefix | @uri') || return 1
  # The query is in the order in which it is signed.
  answer=$(state_curl --fail "$(state_access .endpoint)/$(state_access .bucket)?max-keys=1&prefix=$prefix&versions=") || return 1
  if [[ $answer != *"<ListVersionsResult"*"</ListVersionsResult>"* ]]; then return 1; fi
  # A page of delete markers alone may be cut short before the first version.
  if [[ $answer == *"<Version>"* || $answer == *"<DeleteMarker>"* || $answer == *"<IsTruncated>true"* ]]; then echo used; else echo empty; fi
}

# The snapshots of ours, the lowest sequence first, as JSON; restic's status when it fails.
snapshot_list() { # WORKLOAD
  local all
  all=$(RESTIC_SECONDS=600 restic_run "$1" snapshots --json --no-lock) || return
  jq -c '
    def tag($name): [.tags[]? | select(startswith($name + "=")) | ltrimstr($name + "=")][0];
    [.[] | select(.tags // [] | index("roost"))
      | { id, time, path: .paths[0], kind: tag("kind"), files: .summary.total_files_processed, bytes: .summary.total_bytes_processed,
          sequence: (tag("sequence") | tonumber? // null), generation: (tag("generation") | tonumber? // null) }
      | select(.sequence != null and .generation != null)]
    | sort_by(.sequence, .generation)' <<<"$all"
}
