#!/usr/bin/env bash
# A host, a container on a bridge and two networks outside, as network namespaces; prints what reaches what.
#
# Usage: traffic.sh RULES FOLDER       in namespaces of its own (unshare --net --mount); FOLDER holds the release's rules
#        prints `WHO TARGET yes|no`, one line each
# Variables: NODE  node, for the servers
set -euo pipefail
rules=$1 folder=$2
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
for name in container outside; do ip netns add "$name"; done
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT

link() { # NAMESPACE HERE THERE
  ip link add "$2" type veth peer name "$3" netns "$1"
  ip link set "$2" up
  ip -n "$1" link set "$3" up
  ip -n "$1" link set lo up
}
ip link set lo up
link container podman0 eth0
link outside wan0 eth0
ip addr add 10.89.0.1/24 dev podman0
ip -n container addr add 10.89.0.2/24 dev eth0
ip -n container route add default via 10.89.0.1
ip addr add 198.51.100.1/24 dev wan0
ip -n outside addr add 198.51.100.2/24 dev eth0
ip -n outside route add default via 198.51.100.1
for address in 203.0.113.5 10.20.0.5 10.20.0.6 100.64.0.9 169.254.169.254; do
  ip -n outside addr add "$address/32" dev lo
  ip route add "$address/32" via 198.51.100.2
done
echo 1 >/proc/sys/net/ipv4/ip_forward

serve='const http = require("node:http"); for (const port of process.argv.slice(1)) http.createServer((_, answer) => answer.end("x")).listen(Number(port), "0.0.0.0");'
"$NODE" -e "$serve" 80 53 22 &
ip netns exec outside "$NODE" -e "$serve" 80 8000 &
until ip netns exec outside curl --silent --max-time 1 --output /dev/null http://10.20.0.5:8000 && curl --silent --max-time 1 --output /dev/null http://127.0.0.1:53; do sleep 0.1; done

nft -f "$rules"
for file in "$folder"/*.nft; do if [ -f "$file" ]; then nft -f "$file"; fi; done

ask() { # WHO TARGET COMMAND...
  local who=$1 target=$2
  shift 2
  if "$@" curl --silent --max-time 2 --output /dev/null "http://$target"; then echo "$who $target yes"; else echo "$who $target no"; fi
}
for target in 203.0.113.5:80 10.20.0.5:8000 10.20.0.5:80 10.20.0.6:80 100.64.0.9:80 169.254.169.254:80 10.89.0.1:53 10.89.0.1:80 198.51.100.1:80 198.51.100.1:53; do
  ask container "$target" ip netns exec container
done
for target in 203.0.113.5:80 10.20.0.5:8000 10.20.0.6:80 169.254.169.254:80 127.0.0.1:53 127.0.0.1:80 198.51.100.1:80; do
  ask moltbot "$target" setpriv --reuid 1001 --regid 1001 --clear-groups
done
for target in 10.20.0.6:80 127.0.0.1:53; do ask tenant "$target" setpriv --reuid 1879048193 --regid 1879048193 --clear-groups; done
for target in 10.20.0.6:80 169.254.169.254:80; do ask root "$target"; done
for target in 10.20.0.6:80 169.254.169.254:80; do ask daemon "$target" setpriv --reuid 61184 --regid 61184 --clear-groups; done
for target in 198.51.100.1:80 198.51.100.1:22; do ask outside "$target" ip netns exec outside; done
