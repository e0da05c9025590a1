# Boot from the disk: file system mounted by loop, config drive unpacked, root switched, init started.
# Sourced by power-on.sh; runs in a privileged container.

# The end of the disk belongs to the config drive. Kept in step with lab/host/labhw/labhw/disk.py.
readonly CONFIG_DRIVE_MIB=64
CONFIG_DRIVE_OFFSET_MIB=$(($(stat -c %s "$LAB_DISK") / 1048576 - CONFIG_DRIVE_MIB))
readonly CONFIG_DRIVE_OFFSET_MIB
readonly ROOT=/sysroot

boot_disk() {
  trap 'exit 0' TERM
  hide_machine
  if [ "$(read_hex 1080 2)" != 53ef ]; then halt "the disk has no file system"; fi
  mkdir -p $ROOT
  # The operating system's device ends where the config drive begins.
  local device
  device=$(losetup --find --show --sizelimit $((CONFIG_DRIVE_OFFSET_MIB * 1048576)) "$LAB_DISK") || halt "no loop device"
  grow_file_system "$device"
  mount "$device" $ROOT || halt "cannot mount the disk"
  # From now on the device is set free with its last mount.
  losetup --detach "$device"
  unpack_config_drive
  open_console
  prepare_root
  say "booting from the disk"
  # The operating system configures its own network.
  ip address flush dev $INTERFACE
  ip route flush dev $INTERFACE 2>/dev/null
  mount --make-rprivate /
  cd $ROOT || halt "cannot enter the disk"
  pivot_root . oldroot || halt "cannot switch to the disk"
  umount -l /oldroot
  exec env -i container=docker \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /sbin/init </dev/console >/dev/console 2>&1
}

# read_hex OFFSET COUNT: bytes of the disk as hex digits.
read_hex() { dd if="$LAB_DISK" bs=1 skip="$1" count="$2" status=none | od -An -tx1 | tr -d ' \n'; }

# A privileged container is given the nodes of the machine's disks and its emergency switch. No host may reach them.
hide_machine() {
  find /dev -xdev -type b ! -name 'loop*' -delete
  if [ -e /proc/sysrq-trigger ]; then mount --bind /dev/null /proc/sysrq-trigger; fi
  # Loop nodes are a snapshot of the moment the container was made: more may be needed later.
  local number
  for number in $(seq 0 63); do
    [ -e "/dev/loop$number" ] || mknod "/dev/loop$number" b 7 "$number"
  done
  [ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
}

# grow_file_system DEVICE: the image is of minimal size, the disk is not. Before it is mounted, because growing a mounted
# one needs CAP_SYS_RESOURCE, which not every machine has; and through the device, because a file would be cut off
# behind the file system, with the config drive. -f: an image that was never mounted needs no check.
grow_file_system() {
  resize2fs -f "$1" >/run/resize.log 2>&1 || {
    cat /run/resize.log
    halt "cannot grow the file system"
  }
  say "file system: $(tail -n 2 /run/resize.log | tr -s '\n' ' ')"
}

# The kernel cannot mount ISO 9660, so cloud-init gets the config drive as its seed directory.
unpack_config_drive() {
  local seed=$ROOT/var/lib/cloud/seed/config_drive offset=$CONFIG_DRIVE_OFFSET_MIB
  rm -rf "$seed"
  if [ "$(read_hex $((offset * 1048576 + 32769)) 5)" != 4344303031 ]; then
    say "no config drive"
    return
  fi
  mkdir -p "$seed"
  chmod 0700 "$seed"
  dd if="$LAB_DISK" of=/run/config-drive.iso bs=1M skip=$offset count=$CONFIG_DRIVE_MIB status=none
  bsdtar -xf /run/config-drive.iso -C "$seed" || halt "cannot read the config drive"
  rm -f /run/config-drive.iso
  say "config drive: $(cd "$seed" && find . -type f | sort | tr '\n' ' ')"
}

prepare_root() {
  local folder
  mkdir -p $ROOT/{dev,proc,sys,run,tmp,oldroot,lib/modules}
  for folder in dev proc sys; do mount --rbind /$folder $ROOT/$folder; done
  mount -t tmpfs -o mode=0755 tmpfs $ROOT/run
  mount -t tmpfs -o mode=1777 tmpfs $ROOT/tmp
  if [ -d /lib/modules ]; then mount --rbind /lib/modules $ROOT/lib/modules; fi
}

# The operating system's console is a terminal whose other end writes to the console log.
open_console() {
  local terminal=/run/console-terminal try
  socat -u PTY,link=$terminal,rawer "OPEN:$LAB_CONSOLE_DIR/console.log,creat,append" </dev/null >/dev/null 2>&1 &
  for try in $(seq 50); do
    if [ -e $terminal ]; then break; fi
    sleep 0.02
  done
  terminal=$(readlink -f $terminal)
  # The other end would be told of an end of file whenever nobody has the terminal open.
  sleep infinity </dev/null >"$terminal" 2>&1 &
  rm -f /dev/console
  ln -s "$terminal" /dev/console
}
