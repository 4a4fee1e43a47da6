#!/usr/bin/env bash
# Runs a program of the lab's QEMU with the libraries of its own tree: it is of another Debian than the machine.
#
# Usage: qemu.sh PROGRAM ARGUMENT...      PROGRAM such as qemu-system-x86_64, which gets the lab's machine before ARGUMENTs
# Variables: ROOST_LAB      see build/guest.sh
#            ROOST_LAB_KVM  1: use /dev/kvm; default 0, because a /dev/kvm that opens is no proof that a kernel boots on it
set -euo pipefail

tree=${ROOST_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/roost/lab}/qemu
lib=$tree/usr/lib/x86_64-linux-gnu
program=$1
shift
if [ "$program" = qemu-system-x86_64 ]; then
  accelerator=(-accel 'tcg,thread=multi,tb-size=512' -cpu max)
  if [ "${ROOST_LAB_KVM:-0}" = 1 ]; then accelerator=(-accel kvm -cpu host); fi
  # Machine pc with a display fails an assertion (iotlb_to_section) under multi-threaded emulation.
  set -- -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" -L "$tree/usr/lib/ipxe/qemu" \
    -M q35 -vga none -nodefaults -display none -no-reboot -smp 2 "${accelerator[@]}" -device virtio-rng-pci "$@"
fi
exec "$tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib:$lib/pulseaudio" "$tree/usr/bin/$program" "$@"
