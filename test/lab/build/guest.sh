#!/usr/bin/env bash
# Builds what a lab VM is made of: QEMU, a kernel with an initrd, and the guest's disk with the agent's image in it.
#
# Usage: guest.sh         prints the folder that holds it; what was built from the same sources before stays as it is
#
# Makes: qemu/                    QEMU of Debian trixie, unpacked; support/qemu.sh runs it
#        tree-SUITE-HASH/         the guest's packages
#        guest-SUITE-HASH/{vmlinuz,initrd,disk.ext4,image}
#                                 `image` is the reference of the stand-in agent's image, which the disk holds
# Variables: ROOST_LAB    where it all lies; default ${XDG_CACHE_HOME:-$HOME/.cache}/roost/lab
#            ROOST_LAB_SUITE  Debian suite of the guest; default trixie
# Needs: root on Debian 12 with apt; loop devices
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../../conformance/oracles/lib/apt-suite.sh
. "$here/../../conformance/oracles/lib/apt-suite.sh"

readonly SUITE=${ROOST_LAB_SUITE:-trixie} DISK_SIZE=20G
readonly LAB=${ROOST_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/lab}

# What uCore has and roost uses, and what tests look with. No Python but what a package needs: hosts have none.
readonly PACKAGES=(
  systemd systemd-sysv libpam-systemd udev dbus dbus-user-session login passwd sudo linux-image-cloud-amd64 kmod zstd
  iproute2 iputils-ping nftables iptables netcat-openbsd curl ca-certificates openssl openssh-server
  podman crun netavark aardvark-dns passt uidmap catatonit fuse-overlayfs slirp4netns
  restic jq jose xfsprogs procps less xz-utils util-linux-extra busybox-static sqlite3 gzip
)

main() {
  local key target
  key=$(find "$here" -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-16)
  target=$LAB/guest-$SUITE-$key
  tree=tree-$SUITE-$(echo "${PACKAGES[*]}" | sha256sum | cut -c1-16)
  mkdir -p "$LAB"
  exec {lock}>"$LAB/lock"
  flock "$lock"
  work=$(mktemp -d "$LAB/.build.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  if [ ! -d "$LAB/qemu" ] || [ ! -d "$target" ]; then install_missing; fi
  if [ ! -d "$LAB/qemu" ]; then step "QEMU" build_qemu; fi
  if [ ! -d "$target" ]; then
    mkdir "$work/guest"
    step "guest's packages" guest_tree
    cp -a "$LAB/$tree" "$work/tree"
    step "guest's settings" bash "$here/settings.sh" "$work/tree"
    step "kernel and initrd" boot_files
    step "agent's image" bash "$here/agent-image.sh" "$work/tree/usr/bin/busybox" "$work/tree/opt/lab"
    mv "$work/tree/opt/lab/image" "$work/guest/image"
    step "disk" disk
    step "image into the disk" load_image
    mv -T "$work/guest" "$target"
  fi
  echo "$target"
}

step() { # NAME COMMAND...
  local start=$SECONDS
  "${@:2}" >&2
  echo "lab: $1: $((SECONDS - start)) s" >&2
}

install_missing() {
  local package missing=()
  for package in mmdebstrap e2fsprogs xz-utils cpio; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    "${missing[@]}" >/dev/null
}

debstrap() { # MMDEBSTRAP_ARGUMENT... SUITE TARGET
  # A testing suite's index is valid for days only, and a mirror may lag.
  mmdebstrap --quiet --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    "$@" "$(debian_mirror)"
}

# Debian 12's own QEMU cannot save a running VM to a file.
build_qemu() {
  debstrap --variant=extract --include=qemu-system-x86,qemu-utils,seabios,ipxe-qemu trixie "$work/qemu"
  mv -T "$work/qemu" "$LAB/qemu"
}

guest_tree() {
  if [ -d "$LAB/$tree" ]; then return; fi
  # INITRD: the kernel's package makes none, the lab has its own.
  INITRD=No debstrap --variant=minbase --include="$(IFS=,; echo "${PACKAGES[*]}")" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' "$SUITE" "$work/packages"
  mv -T "$work/packages" "$LAB/$tree"
}

# A busybox, one module and twelve lines of init boot seconds faster under emulation than Debian's initramfs.
boot_files() {
  local kernel initrd=$work/initrd
  kernel=$(basename "$work"/tree/usr/lib/modules/*)
  mkdir -p "$initrd/bin"
  cp "$work/tree/usr/bin/busybox" "$initrd/bin/busybox"
  install -m 755 "$here/init" "$initrd/init"
  xz -dc "$work/tree/usr/lib/modules/$kernel/kernel/drivers/block/virtio_blk.ko.xz" >"$initrd/virtio_blk.ko"
  (cd "$initrd" && find . | cpio -o -H newc --quiet) >"$work/guest/initrd"
  mv "$work/tree/boot/vmlinuz-$kernel" "$work/guest/vmlinuz"
  rm -rf "$work"/tree/boot/*
}

# With a journal, so that a killed VM is a power cut that a real disk would survive.
disk() {
  mkfs.ext4 -q -F -L root -O has_journal -E lazy_itable_init=1,lazy_journal_init=1 -d "$work/tree" \
    "$work/guest/disk.ext4" "$DISK_SIZE"
}

# Podman writes its own storage: a boot with another init loads the image once, instead of every scenario.
load_image() {
  local console=$work/console
  ROOST_LAB=$LAB timeout 300 bash "$here/../support/qemu.sh" qemu-system-x86_64 -m 2048 \
    -kernel "$work/guest/vmlinuz" -initrd "$work/guest/initrd" \
    -append "console=ttyS0 root=/dev/vda panic=-1 quiet loglevel=3 init=/opt/lab/seal" \
    -drive "file=$work/guest/disk.ext4,if=virtio,format=raw,cache=unsafe" -serial "file:$console"
  if ! grep -q '^lab: sealed' "$console"; then
    tail -n 20 "$console" >&2
    return 1
  fi
}

main "$@"
