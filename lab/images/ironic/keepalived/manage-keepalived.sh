#!/bin/bash
# Fills the template in and runs keepalived, which removes the address again when it is told to stop.
set -eu

conf=${CUSTOM_CONF_DIR:-/conf}/keepalived
data=${CUSTOM_DATA_DIR:-/data}/keepalived
mkdir -p "$conf" "$data"

# One address with the prefix length given, or as a single host's.
with_prefix() {
    case $1 in
        *:*) echo "$1/${2:-128}" ;;
        *) echo "$1/${2:-32}" ;;
    esac
}

if [ -n "${KEEPALIVED_VIRTUAL_IPS:-}" ]; then
    # "address,interface[,prefix length] ..."
    interface= addresses=
    for entry in $KEEPALIVED_VIRTUAL_IPS; do
        IFS=, read -r address device prefix <<<"$entry"
        interface=${interface:-$device}
        addresses+="$(with_prefix "$address" "$prefix") dev $device"$'\n'
    done
else
    interface=${PROVISIONING_INTERFACE:?must name the interface that gets the address}
    addresses=$(with_prefix "${PROVISIONING_IP:?must be the address to hold}")
fi

template=$(</etc/keepalived/keepalived.conf)
template=${template//INTERFACE/$interface}
printf '%s\n' "${template//CHANGEIP/$addresses}" >"$conf/keepalived.conf"

exec /usr/sbin/keepalived --dont-fork --log-console --vrrp --use-file="$conf/keepalived.conf" \
    --pid="$data/keepalived.pid" --vrrp_pid="$data/vrrp.pid" --checkers_pid="$data/checkers.pid" \
    --bfd_pid="$data/bfd.pid"
