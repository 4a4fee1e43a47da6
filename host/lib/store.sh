# shellcheck shell=bash
# Fetches and opens this host's releases; lies in user data beside roost-birth and in every release.
#
# Usage: . lib/store.sh    after lib/common.sh
# Needs: curl, jq, jose
# A release is opened with this generation's key, and its name is the SHA-256 of its plain text: who cannot seal with
# that key can make no release that passes.

# SHA-256 of nothing. curl before 8 leaves the header out, and stores refuse a request without it.
readonly NO_BODY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
readonly POINTER_LIMIT=4096 RELEASE_LIMIT=$((64 * 1024 * 1024))
readonly RELEASE_ID='^[0-9a-f]{64}$'

# B2 names the region in its endpoint; other stores of the S3 kind take any.
store_region() { # ENDPOINT
  if [[ $1 =~ ^https://s3\.([a-z0-9-]+)\.backblazeb2\.com/?$ ]]; then echo "${BASH_REMATCH[1]}"; else echo us-east-1; fi
}

# One signed request without a body; the key travels on standard input.
signed_curl() { # ENDPOINT KEY_ID KEY CURL_ARGUMENTS...
  printf 'user = "%s:%s"\n' "$2" "$3" |
    curl --config - --aws-sigv4 "aws:amz:$(store_region "$1"):s3" --header "x-amz-content-sha256: $NO_BODY" --silent "${@:4}"
}

# Gets a file below this generation's prefix. On failure PROBLEM says why, and the status is one of ours.
fetch() { # NAME FILE LIMIT
  local endpoint headers code status=0
  endpoint=$(birth .store.endpoint) || fail "$FAILED" "$ETC/birth.json names no store: this host was not born whole"
  headers=$(mktemp "$RUN/headers.XXXXXX")
  code=$(signed_curl "$endpoint" "$(birth .store.keyId)" "$(birth .store.key)" --max-time 300 --retry 2 \
    --max-filesize "$3" --dump-header "$headers" --output "$2" --write-out '%{http_code}' \
    "$endpoint/$(birth .store.bucket)/$(birth .store.prefix)$1") || status=$?
  if [ "$status" -eq 0 ] && [ "$code" = 200 ]; then
    rm -f "$headers"
    return
  fi
  fetch_problem "$status" "$code" "$headers" "$1"
  rm -f "$2" "$headers"
  return "$CODE"
}

# shellcheck disable=SC2034 # PROBLEM is the callers'
fetch_problem() { # CURL_STATUS HTTP_CODE HEADERS NAME; sets PROBLEM and CODE
  local offset
  CODE=$UNREACHABLE
  offset=$(clock_offset_of "$3")
  case $1:$2 in
    0:404) PROBLEM="the store shows no $4 for this generation: deploy it (pulumi up)" ;;
    0:40[013]) PROBLEM="the store refuses this host's key (HTTP $2)$(if [ "${offset#-}" -gt 300 ]; then echo ", and this host's clock is $offset s ahead of the store's: look at chronyc tracking"; fi)" ;;
    0:*) PROBLEM="the store answered HTTP $2" ;;
    23:*) CODE=$FAILED PROBLEM="$4 could not be written: is the disk full (df $VAR)?" ;;
    63:*) CODE=$FAILED PROBLEM="$4 is longer than this host takes" ;;
    *) PROBLEM="the store does not answer (curl exit $1)" ;;
  esac
}

# Seconds that this host's clock is ahead of an answer's; 0 when the answer has no date.
clock_offset_of() { # HEADERS
  local date
  date=$(sed -n 's/^[Dd]ate: *\([^\r]*\)\r*$/\1/p' "$1" | tail -n 1)
  if [ -n "$date" ]; then echo $(($(date +%s) - $(date --date "$date" +%s))); else echo 0; fi
}

# Sets POINTED_ID and POINTED_SIZE.
# shellcheck disable=SC2034
fetch_pointer() {
  local file
  mkdir -p "$RUN"
  file=$(mktemp "$RUN/pointer.XXXXXX")
  fetch current "$file" "$POINTER_LIMIT" || return
  read -r POINTED_ID POINTED_SIZE < <(jq -r '"\(.id) \(.size)"' "$file" 2>/dev/null || echo "none 0")
  rm -f "$file"
  if ! [[ ${POINTED_ID:-} =~ $RELEASE_ID && ${POINTED_SIZE:-} =~ ^[0-9]{1,9}$ ]]; then
    PROBLEM="the pointer to the release is none: deploy again (pulumi up)"
    return "$FAILED"
  fi
}

archive() { # ID
  echo "$VAR/releases/$1/release.tar"
}

# Whether the local copy of a release is there and whole.
archive_whole() { # ID
  [ -f "$(archive "$1")" ] && [ "$(sha256sum <"$(archive "$1")")" = "$1  -" ]
}

# Makes sure of the local copy of a release. On failure PROBLEM says why, and the status is one of ours.
fetch_release() { # ID SIZE
  local folder=$VAR/releases/$1 status=0
  if archive_whole "$1"; then return; fi
  mkdir -p "$folder"
  fetch "$1.jwe" "$folder/sealed" "$RELEASE_LIMIT" || return
  open_sealed "$1" "$2" || status=$?
  rm -f "$folder/sealed" "$folder/opened"
  return "$status"
}

# shellcheck disable=SC2034
open_sealed() { # ID SIZE
  local folder=$VAR/releases/$1 size
  size=$(stat --format=%s "$folder/sealed")
  if [ "$size" != "$2" ]; then
    PROBLEM="the release has $size bytes and its pointer says $2: it is cut short, or is just being replaced"
    return "$FAILED"
  fi
  if [ "$(df --output=avail --block-size=1 "$folder" | tail -n 1)" -lt "$((2 * size))" ]; then
    PROBLEM="the disk has no room for a release (df $VAR)"
    return "$FAILED"
  fi
  if ! jose jwe dec -i "$folder/sealed" -k <(birth '.jwk | tojson') -O "$folder/opened" 2>/dev/null; then
    PROBLEM="the release does not open with this host's key: it is damaged, or sealed for another generation"
    return "$REFUSED"
  fi
  if [ "$(sha256sum <"$folder/opened")" != "$1  -" ]; then
    PROBLEM="the release is not the one that its name says"
    return "$REFUSED"
  fi
  PROBLEM="the release could not be written: is the disk full (df $VAR)?"
  sync "$folder/opened" && mv -T "$folder/opened" "$folder/release.tar" && sync "$folder"
}
