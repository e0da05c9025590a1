#!/bin/sh
# Called by udhcpc: $1 is the event, the lease is in the environment. Leaves the lease in /run/dhcp.env.
case "$1" in
deconfig)
  ip address flush dev "$interface"
  ip link set "$interface" up
  ;;
bound | renew)
  env | grep -E '^(ip|mask|subnet|router|boot_file|siaddr|sname|serverid|lease)=' >/run/dhcp.env
  ip address flush dev "$interface"
  ip address add "$ip/${mask:-24}" broadcast + dev "$interface"
  if [ -n "$router" ]; then ip route replace default via "${router%% *}" dev "$interface"; fi
  ;;
esac
exit 0
