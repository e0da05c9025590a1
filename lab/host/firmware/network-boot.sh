# Network boot as a UEFI machine does it: PXE ROM, iPXE loaded by it over TFTP, the boot script that Ironic wrote for
# this MAC address, kernel and initrd. Sourced by power-on.sh.

# A machine tries for ever; the pause keeps the console readable.
readonly NETWORK_BOOT_PAUSE_SECONDS=2

# Returns 0 when the RAM disk is to be started, BOOT_DISK when the script says so.
boot_network() {
  local attempt=0 status
  while :; do
    attempt=$((attempt + 1))
    network_boot_once
    status=$?
    if [ "$status" != 1 ]; then return "$status"; fi
    say "network boot attempt $attempt failed, trying again in $NETWORK_BOOT_PAUSE_SECONDS s"
    sleep "$NETWORK_BOOT_PAUSE_SECONDS" &
    wait $!
  done
}

# DHCP exchange; the arguments are further options for udhcpc. The lease is in /run/dhcp.env and read into variables.
dhcp() {
  rm -f /run/dhcp.env
  if ! udhcpc -i $INTERFACE -f -q -n -t 4 -T 3 -s "$FIRMWARE/dhcp-lease.sh" "$@" >/run/udhcpc.log 2>&1; then
    say "DHCP: no answer ($(tail -n 1 /run/udhcpc.log))"
    return 1
  fi
  ip= siaddr= boot_file=
  . /run/dhcp.env
  say "DHCP: $ip from ${serverid:-?}, file ${boot_file:-none}, server ${siaddr:-none}"
  if [ -z "$boot_file" ]; then say "DHCP: the answer names no boot file"; return 1; fi
}

# fetch URL FILE LIMIT_SECONDS
fetch() {
  curl -sSf --connect-timeout 5 -m "$3" -o "$2" "$1" 2>/run/curl.log && return 0
  say "cannot load $1: $(tail -n 1 /run/curl.log)"
  return 1
}

network_boot_once() {
  local mac base script
  mac=$(cat /sys/class/net/$INTERFACE/address)
  # The ROM: vendor class PXEClient, client architecture 7 (option 93, x86-64 UEFI).
  dhcp -V PXEClient:Arch:00007:UNDI:003000 -x 0x5d:0007 || return 1
  fetch "tftp://$siaddr/${boot_file#/}" /run/loader.efi 20 || return 1
  say "PXE: boot loader ${boot_file#/}, $(stat -c %s /run/loader.efi) bytes"
  # iPXE asks again as itself: user class (option 77) and its encapsulated options (option 175).
  dhcp -V PXEClient:Arch:00007:UNDI:003000 -x 0x5d:0007 -x 0x4d:0469505845 -x 0xaf:b1050180861533 || return 1
  fetch "$boot_file" /run/boot.ipxe 20 || return 1
  base=${boot_file%/*}
  script=$(host_script "$base" "$mac") || { say "iPXE: $boot_file chains to nothing for $mac"; return 1; }
  run_script "$script" "$mac"
}

# The boot script chains to a file named by the MAC address and, where there is none, to a fallback.
# Prints the file which holds the script found.
host_script() {
  local prefix fallback
  prefix=$(sed -nE 's/^(inc netid \|\| )?chain ([^ $]*)\$\{(mac|net[^}]*\/mac):hexhyp\}.*/\2/p' /run/boot.ipxe | head -n 1)
  if curl -sf -m 20 -o /run/host.ipxe "$1/$prefix${2//:/-}"; then
    say "iPXE: $1/$prefix${2//:/-}" >&2
  else
    fallback=$(sed -nE 's/^chain ([^ $]*) \| goto boot_failed$/\1/p' /run/boot.ipxe | head -n 1)
    if [ -z "$fallback" ]; then return 1; fi
    say "iPXE: no script for this MAC address, fallback $fallback" >&2
    curl -sf -m 20 -o /run/host.ipxe "$1/$fallback" || return 1
  fi
  echo /run/host.ipxe
}

# Ironic's script holds several sections and begins with a jump to the one that is meant.
run_script() {
  local label kernel arguments initrd
  label=$(sed -nE 's/^goto ([a-z_]+)$/\1/p' "$1" | head -n 1)
  if [ -n "$label" ]; then
    awk -v label=":$label" '$0 == label { inside = 1; next } /^:/ { inside = 0 } inside' "$1" >/run/section.ipxe
  else
    cp "$1" /run/section.ipxe
  fi
  say "iPXE: section ${label:-(whole script)}"
  if grep -q '^sanboot' /run/section.ipxe; then return "$BOOT_DISK"; fi
  kernel=$(sed -nE 's/^kernel (--timeout [0-9]+ )?([^ ]+) .*/\2/p' /run/section.ipxe | head -n 1)
  arguments=$(sed -nE 's/^kernel (--timeout [0-9]+ )?[^ ]+ (.*)$/\2/p' /run/section.ipxe | head -n 1)
  initrd=$(sed -nE 's/^initrd (--timeout [0-9]+ )?([^ ]+).*/\2/p' /run/section.ipxe | head -n 1)
  if [ -z "$kernel" ] || [ -z "$initrd" ]; then
    say "iPXE: the section names no kernel and initrd:"
    cat /run/section.ipxe
    return 1
  fi
  arguments=${arguments%% || goto *}
  arguments=${arguments//\$\{mac\}/$2}
  fetch "$kernel" /run/kernel 120 || return 1
  fetch "$initrd" /run/initrd 300 || return 1
  say "iPXE: kernel $(stat -c %s /run/kernel) bytes, initrd $(stat -c %s /run/initrd) bytes"
  say "iPXE: command line $arguments"
  rm -f /run/kernel /run/initrd
  # The agent reads its parameters from the kernel's command line: give it the one of the boot script.
  echo "$arguments" >/run/cmdline
  mount --bind /run/cmdline /proc/cmdline || { say "cannot set the command line"; return 1; }
}
