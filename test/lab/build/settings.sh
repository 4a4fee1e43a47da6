#!/usr/bin/env bash
# Turns a tree of Debian packages into the lab's guest: its name, network, channel, and what is off.
#
# Usage: settings.sh TREE
# Variables: none
set -euo pipefail

tree=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
units=$tree/etc/systemd/system
mkdir -p "$tree/opt/lab" "$units"/{sysinit,multi-user,sockets,network-online}.target.wants "$units-preset"

# roost's units ask for uCore; everything else of it is Debian.
echo 'VARIANT_ID=ucore' >>"$tree/usr/lib/os-release"
# Ignition's presets count at a first boot only, and this makes one. Nothing else is on.
echo uninitialized >"$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id"
echo 'disable *' >"$units-preset/99-lab.preset"
: >"$tree/etc/fstab"
rm -f "$tree/etc/hostname"
echo '127.0.0.1 localhost' >"$tree/etc/hosts"
# Fedora CoreOS has these before Ignition runs; the user's home lies in /var there.
chroot "$tree" groupadd --system wheel
chroot "$tree" useradd --create-home --home-dir /var/home/core --shell /bin/bash --groups wheel,sudo,adm core
# Images come from the disk alone: a pull has to fail at once.
mkdir -p "$tree/etc/containers"
echo 'unqualified-search-registries = []' >"$tree/etc/containers/registries.conf"

# QEMU's user network: the guest is .15, the machine's loopback .2.
cat >"$tree/etc/systemd/network/10-lab.network" <<'NETWORK'
[Match]
Name=eth*
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
IPv6AcceptRA=no
NETWORK
rm -f "$tree/etc/resolv.conf"
echo 'nameserver 10.0.2.3' >"$tree/etc/resolv.conf"
lib=/usr/lib/systemd/system
ln -sf $lib/systemd-networkd.service "$units/multi-user.target.wants/"
ln -sf $lib/systemd-networkd.socket "$units/sockets.target.wants/"
ln -sf $lib/systemd-networkd-wait-online.service "$units/network-online.target.wants/"
ln -sf $lib/ssh.service "$units/multi-user.target.wants/"
chroot "$tree" ssh-keygen -A >/dev/null

# Slow under emulation, or waiting for what is not there.
for unit in systemd-firstboot.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer dpkg-db-backup.timer getty@tty1.service podman-auto-update.timer podman-clean-transient.service; do
  ln -sf /dev/null "$units/$unit"
done

install -m 755 "$here/channel" "$here/seal" "$tree/opt/lab/"
install -m 644 "$here/lab-channel.service" "$units/"
ln -s ../lab-channel.service "$units/sysinit.target.wants/"
