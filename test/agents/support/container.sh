#!/usr/bin/env bash
# Runs a program in a root of its own, as Podman would run the container of a quadlet: mounts, read-only root, user,
# capabilities, no new privileges, processes of its own. Limits and user namespaces stay Podman's part.
#
# Usage: container.sh [OPTION VALUE]... LOWER OVER -- COMMAND...
#        LOWER is the root as its image has it; OVER is laid over it, owners and modes of folders included
#        --volume SOURCE:TARGET[:ro]   a folder or file of the machine
#        --tree SOURCE                 a folder of the machine at its own path, OVER laid over it too
#        --tmpfs TARGET:OPTIONS
#        --user UID                    default 0
#        --capability NAME             kept in the bounding set; none is without it
# Writes: OVER.mounts, an empty folder
# Variables: all of them reach the program
set -euo pipefail

if [ "${1-}" != --inside ]; then
  exec unshare --mount --pid --fork --kill-child --propagation private -- bash "$0" --inside "$@"
fi
shift

volumes=() trees=() tmpfs=() bounding=-all user=0
while [[ $1 == --* ]]; do
  case $1 in
    --volume) volumes+=("$2") ;;
    --tree) trees+=("$2") ;;
    --tmpfs) tmpfs+=("$2") ;;
    --user) user=$2 ;;
    --capability) bounding+=,+$2 ;;
    *)
      echo "container.sh: unknown option $1" >&2
      exit 2
      ;;
  esac
  shift 2
done
lower=$1 over=$2
shift 3

# The writable part of an overlay has to lie outside the lower one, whatever LOWER is.
scratch=$over.mounts
mkdir -p "$scratch"
mount -t tmpfs -o mode=0755 tmpfs "$scratch"
root=$scratch/root
mkdir "$root"

overlay() { # LOWER TARGET
  local parts
  parts=$(mktemp -d "$scratch/overlay.XXXXXX")
  mkdir "$parts/upper" "$parts/work"
  if [ -d "$over$2" ]; then cp -a "$over$2/." "$parts/upper"; fi
  if [ "$2" = / ]; then places "$parts/upper"; fi
  chmod 0755 "$parts/upper"
  mount -t overlay -o "lowerdir=$1,upperdir=$parts/upper,workdir=$parts/work" overlay "$root$2"
  mount -o remount,ro "$root$2"
}

# What mounts need to be mounted on.
places() { # UPPER
  local entry source target
  mkdir -p "$1/proc" "$1/dev" "$1/tmp"
  for entry in "${trees[@]}"; do mkdir -p "$1$entry"; done
  for entry in "${volumes[@]}"; do
    IFS=: read -r source target _ <<<"$entry"
    mkdir -p "$1${target%/*}"
    if [ -d "$source" ]; then mkdir -p "$1$target"; else touch "$1$target"; fi
  done
}

overlay "$lower" /
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
for tree in "${trees[@]}"; do
  overlay "$tree" "$tree"
done
for volume in "${volumes[@]}"; do
  IFS=: read -r source target options <<<"$volume"
  # One volume may lie in another, and Podman makes its place there too.
  if [ ! -e "$root$target" ]; then touch "$root$target"; fi
  mount --bind "$source" "$root$target"
  if [[ ${options-} == ro ]]; then mount -o remount,bind,ro "$root$target"; fi
done
for entry in "${tmpfs[@]}"; do
  mount -t tmpfs -o "${entry#*:}" tmpfs "$root${entry%%:*}"
done

cd /
exec chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps=-all --ambient-caps=-all \
  --bounding-set="$bounding" --no-new-privs -- "$@"
