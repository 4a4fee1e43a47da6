# shellcheck shell=bash
# Packages of another Debian suite, without installing them: sourced by the oracle scripts.
#
#   oracle_dir NAME                       prints where the oracle NAME (with its version) belongs
#   oracle_done DIR NAME                  moves a complete DIR to its place
#   debian_mirror                         prints the address of the Debian mirror that the machine's apt uses
#   suite_open SUITE DIR                  makes DIR an apt root of that suite; packages go to DIR/debs
#   suite_apt DIR ARGUMENT...             apt-get in that root
#
# Variables: ROOST_ORACLES  where oracles are kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
# Needs: Debian's apt with package lists; the mirror is the one that the machine's own apt uses.

oracle_dir() {
  printf '%s/%s\n' "${ROOST_ORACLES:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles}" "$1"
}

# The rename comes last, so that a half-made oracle is never used.
oracle_done() {
  local target
  target=$(oracle_dir "$2")
  chmod 755 "$1"
  rm -rf "$target"
  mv -T "$1" "$target"
}

debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # $(SITE) is apt's, not the shell's
  mirror=$(apt-get indextargets --format '$(SITE)' 'Label: Debian' | sort -u | sed -n 1p)
  if [ -z "$mirror" ]; then
    echo "apt-suite.sh: apt knows no Debian mirror: run apt-get update" >&2
    return 1
  fi
  printf '%s\n' "$mirror"
}

# A root of its own leaves the machine's package lists, pins and lock alone.
suite_open() {
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
  mirror=$(debian_mirror)
  mkdir -p "$2"/{debs/partial,etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d}} \
    "$2"/var/lib/{apt/lists/partial,dpkg}
  : >"$2/var/lib/dpkg/status"
  echo "deb [signed-by=$keyring] $mirror $1 main" >"$2/etc/apt/sources.list"
  suite_apt "$2" update
}

# Signatures are checked; the age of a suite's index is not, because a mirror may lag by days.
suite_apt() {
  apt-get -qq -o "Dir=$1" -o "Dir::State::status=$1/var/lib/dpkg/status" -o "Dir::Cache::archives=$1/debs" \
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o APT::Sandbox::User=root "${@:2}" >&2
}
