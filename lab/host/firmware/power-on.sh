#!/bin/bash
# First process of a virtual bare-metal host: what a machine's firmware does between power-on and the operating
# system. Settings, from the power controller:
#   LAB_BOOT         network (unprivileged container: RAM disk) or disk (privileged: operating system)
#   LAB_DISK         disk image file
#   LAB_CONSOLE_DIR  folder of console.log and agent.log
#   LAB_FAULTS       what is wrong with the host, see lab/control/faults.ts; words
# Exit codes, understood by the power controller: 0 power off, 129 reboot, 64 "the boot script says: boot the disk".
# After the operating system has taken over, the kernel ends the container with 130 (power off) or 129 (reboot).
set -u
exec > >(exec tee -a "$LAB_CONSOLE_DIR/console.log") 2>&1

readonly INTERFACE=eth0
readonly REBOOT=129 BOOT_DISK=64
FIRMWARE=$(dirname "$0")
. "$FIRMWARE/network-boot.sh"
. "$FIRMWARE/disk-boot.sh"

# Lines carry the seconds since power-on.
POWER_ON=${EPOCHREALTIME/[.,]/}
say() {
  local passed=$((${EPOCHREALTIME/[.,]/} - POWER_ON))
  printf '[firmware %4d.%02d] %s\n' $((passed / 1000000)) $((passed / 10000 % 100)) "$*"
}

# A machine without anything to boot stays on until somebody switches it off.
halt() {
  say "$*; nothing to boot, waiting for power off"
  hang
}

hang() {
  trap 'exit 0' TERM
  while :; do
    sleep 3600 &
    wait $!
  done
}

start_ramdisk() {
  say "starting ironic-python-agent"
  # The agent's certificate is made anew at every boot, and Ironic's is not known here: no word about it in the console.
  export PATH="$FIRMWARE/ramdisk-bin:/opt/ipa/bin:$PATH" PYTHONWARNINGS=ignore
  # The first process of a container has no default for signals, so the agent is a child and this shell waits.
  trap 'say "power off"; exit 0' TERM
  trap 'say "reboot"; exit $REBOOT' HUP
  ironic-python-agent --config-file "$FIRMWARE/agent.conf" --log-file "$LAB_CONSOLE_DIR/agent.log" &
  local agent=$!
  while kill -0 "$agent" 2>/dev/null; do wait "$agent"; done
  tail -n 5 "$LAB_CONSOLE_DIR/agent.log"
  halt "ironic-python-agent ended"
}

say "power on $(date -u +%FT%TZ), $(hostname), boot $LAB_BOOT, MAC $(cat /sys/class/net/$INTERFACE/address)"
# The container engine's own address is none of the host's.
ip address flush dev $INTERFACE
ip route flush dev $INTERFACE 2>/dev/null

case " ${LAB_FAULTS-} " in
*" no-boot "*)
  say "self-test: memory training..."
  hang
  ;;
esac

case "$LAB_BOOT" in
disk) boot_disk ;;
network)
  trap 'exit 0' TERM
  boot_network
  case $? in
  0) start_ramdisk ;;
  "$BOOT_DISK") say "leaving the network boot for the disk"; exit $BOOT_DISK ;;
  *) halt "network boot failed" ;;
  esac
  ;;
*) halt "unknown boot device $LAB_BOOT" ;;
esac
