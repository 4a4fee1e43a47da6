#!/usr/bin/env bash
# Debian 12's buildah on a store of this tier's own, without containers: chroot is all the isolation a build gets.
#
# Usage: buildah.sh ARGUMENT...    as root
# Variables: ROOST_ORACLES  where the store is kept; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles
set -euo pipefail

store=${ROOST_ORACLES:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/oracles}/images/store
mkdir -p "$store"
case $(stat --file-system --format %T "$store") in
  ext2/ext3 | xfs | btrfs | tmpfs) driver=overlay ;;
  # An overlay does not carry another; copies of every layer are slower and go anywhere.
  *) driver=vfs ;;
esac
export BUILDAH_ISOLATION=chroot
exec buildah --root "$store/root" --runroot "$store/run" --storage-driver "$driver" "$@"
