import { existsSync } from "node:fs";
import { hostLabel, type HostIdentity, localImages, type Rack } from "./addresses";
import { docker, labelArguments } from "./docker";
import { type Fault, readFaults } from "./faults";
import type { HostFiles } from "./files";

/** How a host's firmware was told to boot: RAM disk from the network, or operating system from the disk. */
export type Boot = "network" | "disk";

/** Label key: number of the power cycle that a container was started for. */
export const cycleLabel = "metal3-lab.cycle";

/** Label key: {@link Boot} of a container. */
export const bootLabel = "metal3-lab.boot";

/**
 * How a host's container ended, from its exit code. The first three are the firmware's and the RAM disk's own, the two
 * after them the kernel's, when the init of the operating system calls reboot(2).
 */
export const exitCodes = {
  powerOff: 0,
  /** The boot script of Ironic says that the disk is to be booted. */
  bootDisk: 64,
  reboot: 129,
  osPowerOff: 130,
} as const;

/**
 * Arguments of `docker run` for a host that is powered on. The RAM disk runs a program made to wipe disks and to switch
 * machines off, so its container gets no device, cannot make a device node and is not privileged; it has what DHCP and
 * a command line of its own need. The operating system's container is privileged: it mounts its disk and runs
 * containers, and its firmware takes the nodes of the machine's disks away first.
 */
export function runArguments(
  rack: Rack,
  host: HostIdentity,
  files: HostFiles,
  boot: Boot,
  cycle: number,
  faults: readonly Fault[] = [],
  modules: boolean = existsSync("/lib/modules"),
): string[] {
  const privileges =
    boot === "disk"
      ? [
          "--privileged",
          // The kubelet looks for its cgroups at the paths it sees in /proc, which are those of a private namespace.
          "--cgroupns=private",
          ...(modules ? ["--volume=/lib/modules:/lib/modules:ro"] : []),
        ]
      : ["--cap-add=NET_ADMIN", "--cap-add=SYS_ADMIN", "--cap-drop=MKNOD"];
  return [
    ...["run", "--detach", `--name=${host.container}`, `--hostname=${host.name}`],
    ...[`--network=${rack.name}`, `--mac-address=${host.mac}`],
    ...labelArguments(rack.name, { [hostLabel]: host.name, [cycleLabel]: String(cycle), [bootLabel]: boot }),
    ...privileges,
    ...["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"],
    ...["--tmpfs=/run", "--tmpfs=/tmp"],
    // The same path inside, so that a loop device names the file by its real path.
    `--volume=${files.folder}:${files.folder}`,
    `--env=LAB_BOOT=${boot}`,
    `--env=LAB_DISK=${files.disk}`,
    `--env=LAB_CONSOLE_DIR=${files.folder}`,
    `--env=LAB_SERIAL=${host.name.toUpperCase()}`,
    `--env=LAB_BMC=${rack.bmc.address}`,
    `--env=LAB_FAULTS=${faults.join(" ")}`,
    localImages.host,
  ];
}

/** Starts the container of a host, with the faults that it has now. */
export async function startHost(
  rack: Rack,
  host: HostIdentity,
  files: HostFiles,
  boot: Boot,
  cycle: number,
): Promise<void> {
  await docker(runArguments(rack, host, files, boot, cycle, readFaults(files)));
}
