import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { execa } from "execa";
import {
  bmcCredentials,
  defaultHostCount,
  diskMiB,
  type HostIdentity,
  hosts,
  labLabel,
  localImages,
  type Rack,
} from "./addresses";
import { ensureController, stopController } from "./controllerProcess";
import { containersWithLabel, docker, lines, removeContainers } from "./docker";
import { type HostFiles, hostFiles, type LabFiles, writeAtomically } from "./files";
import { ensureNetwork, removeNetworks } from "./network";
import { writeRackFile } from "./rackFile";
import { ensureServices, type ServiceSettings, services } from "./services";

/** How a lab is started. */
export interface LabOptions extends ServiceSettings {
  /** Number of virtual hosts; default 3. */
  readonly hostCount?: number;
}

/** Starts the lab, or brings what runs to what is asked for. Hosts that are powered on stay as they are. */
export async function up(
  rack: Rack,
  files: LabFiles,
  options: LabOptions,
  progress: (line: string) => void,
): Promise<readonly HostIdentity[]> {
  const hostCount = options.hostCount ?? defaultHostCount;
  const wanted = hosts(hostCount, rack);
  await docker(["image", "inspect", "--format={{.Id}}", localImages.host]).catch(() => {
    throw new Error(`the image ${localImages.host} is missing; "make setup" builds it`);
  });
  await ensureNetwork(rack);
  progress(`network ${rack.name}, ${rack.subnet}`);
  for (const host of wanted) ensureDisk(hostFiles(files, host.name));
  writeAtomically(files.bmcCredentials, `${JSON.stringify({ default: bmcCredentials })}\n`, 0o600);
  const changed = writeRackFile(files, { rack, hostCount });
  await ensureServices(rack, files, services(rack, files, wanted, options), progress);
  progress("registry, image server and BMCs answer");
  await ensureController(rack, files, changed, progress);
  progress(`power controller answers, ${hostCount} hosts in the rack`);
  return wanted;
}

/** What {@link down} has removed. */
export interface Removed {
  readonly processes: number;
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly loopDevices: readonly string[];
}

/**
 * Removes everything of the lab that runs or holds something of the machine, also what a crashed one has left, and the
 * hosts' disks. The registry's storage, the operating system images and the console logs stay.
 */
export async function down(rack: Rack, files: LabFiles): Promise<Removed> {
  // First: it would start again what is removed.
  const processes = await stopController(files);
  const containers = await containersWithLabel(`${labLabel}=${rack.name}`);
  await removeContainers(containers.map(({ id }) => id));
  const loopDevices = await detachLoopDevices(files);
  const volumes = lines(await docker(["volume", "ls", "-q", "--filter", `label=${labLabel}=${rack.name}`]));
  if (volumes.length > 0) await docker(["volume", "rm", ...volumes]);
  for (const host of hosts(9, rack)) {
    const { disk, power } = hostFiles(files, host.name);
    rmSync(disk, { force: true });
    rmSync(power, { force: true });
  }
  for (const path of [
    files.bmcState,
    files.faults,
    files.services,
    files.rackFile,
    files.controllerPid,
    files.bmcCredentials,
  ]) {
    rmSync(path, { recursive: true, force: true });
  }
  // Last: whoever else is on it keeps it, and nothing but it.
  const networks = await removeNetworks(rack);
  return { processes, containers: containers.map(({ name }) => name), networks, volumes, loopDevices };
}

/** An empty disk, and a console log that begins with this lab. A disk that is there is kept. */
function ensureDisk(files: HostFiles): void {
  mkdirSync(files.folder, { recursive: true });
  if (existsSync(files.disk)) return;
  rmSync(files.console, { force: true });
  const file = openSync(files.disk, "w");
  ftruncateSync(file, diskMiB * 1024 * 1024);
  closeSync(file);
}

/** Detaches loop devices whose file is a disk of this lab. They are told by inode: paths differ between namespaces. */
async function detachLoopDevices(files: LabFiles): Promise<string[]> {
  const { stdout } = await execa(
    "losetup",
    ["--list", "--json", "--output", "NAME,BACK-INO,BACK-MAJ:MIN,BACK-FILE"],
    {
      stdin: "ignore",
    },
  );
  if (stdout.trim() === "") return [];
  const devices = (JSON.parse(stdout) as { loopdevices: LoopDevice[] }).loopdevices;
  const inodes = new Set(
    hosts(9)
      .map(({ name }) => hostFiles(files, name).disk)
      .filter((disk) => existsSync(disk))
      .map((disk) => statSync(disk).ino),
  );
  const own = devices.filter(
    (device) => device["back-file"]?.startsWith(`${files.hosts}/`) || inodes.has(Number(device["back-ino"])),
  );
  for (const { name } of own) await execa("losetup", ["--detach", name], { stdin: "ignore", reject: false });
  return own.map(({ name }) => name);
}

interface LoopDevice {
  readonly name: string;
  readonly "back-ino": number | string | null;
  readonly "back-file": string | null;
}
