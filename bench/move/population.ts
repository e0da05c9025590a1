/** A cluster of any number of hosts, as objects to be made. Pure. */
import { clusterObjects, machineOwners } from "../../tests/pivot/support/clusterObjects";
import { host, machine, nodeOn, type NodeSeed } from "../../tests/pivot/support/members";
import { namespace, secret, seed, type Seed, versions } from "../../tests/pivot/support/seeds";

/** How many hosts there are, and what they are used for. */
export interface PopulationSize {
  readonly hosts: number;
  /** Hosts that are in use by machines of the control plane, and by workers. */
  readonly controlPlanes: number;
  readonly workers: number;
}

/** Objects and nodes of a cluster. */
export interface Population {
  /** Owners before what they own. */
  readonly seeds: readonly Seed[];
  /** A node for each machine. */
  readonly nodes: readonly NodeSeed[];
}

/** Hosts from which on a cluster has three control plane machines. */
const highlyAvailableFrom = 10;
/** Smallest number of hosts: a control plane machine, a worker and a spare host. */
const fewest = 3;

/**
 * The use of so many hosts: one spare, one or (from 10 on) three for the control plane, the others are workers.
 *
 * @param inUse Hosts that are in use. Default: all but one.
 * @throws RangeError below 3 hosts, when all are in use, or when the control plane has no worker beside it
 */
export function sizeOf(hosts: number, inUse = hosts - 1): PopulationSize {
  const controlPlanes = hosts < highlyAvailableFrom ? 1 : 3;
  if (hosts < fewest) throw new RangeError(`a cluster of ${hosts} hosts: at least ${fewest} are needed`);
  if (inUse >= hosts || inUse <= controlPlanes) {
    throw new RangeError(
      `${inUse} of ${hosts} hosts in use: from ${controlPlanes + 1} to ${hosts - 1} can be`,
    );
  }
  return { hosts, controlPlanes, workers: inUse - controlPlanes };
}

/** Everything of a cluster, of the number, kinds and sizes that controllers and the operator make of it. */
export function population({ hosts, controlPlanes, workers }: PopulationSize): Population {
  const machines = [
    ...numbers(controlPlanes).map((index) => ({
      name: `lab-cp-${index}`,
      owner: machineOwners.controlPlane,
      userDataBytes: userDataBytes.controlPlane,
    })),
    ...numbers(workers).map((index) => ({
      name: `lab-workers-a-${index}`,
      owner: machineOwners.workers,
      userDataBytes: userDataBytes.worker,
    })),
  ];
  const addresses = { start: address(0), end: address(addressesInPool - 1), prefix: 16 };
  return {
    seeds: [
      ...clusterObjects({ controlPlanes, workers, addresses }),
      ...machines.flatMap(({ name, owner, userDataBytes }, index) => [
        ...machine(name, owner, hostName(index), index, text(`user data of ${name}`, userDataBytes)),
        ...dataOf(name, index),
      ]),
      ...numbers(hosts).flatMap((index) => host(hostName(index), machines[index]?.name, {}, hardware(index))),
    ],
    nodes: machines.map(({ name }, index) => nodeOn(name, hostName(index))),
  };
}

/** Bytes of the cloud-config that kubeadm's bootstrap provider writes: a control plane's has the certificates in it. */
const userDataBytes = { controlPlane: 16_000, worker: 5_000 } as const;

/** Addresses in the machines' pool. */
const addressesInPool = 4096;

/** What CAPM3 and the IPAM make of a machine's data: its claim, the secrets of the config drive, its address. */
function dataOf(name: string, index: number): Seed[] {
  const ip = address(index);
  const addressName = `lab-${ip.replaceAll(".", "-")}`;
  const byData = [`Metal3Data ${name}`];
  return [
    seed(
      versions.infra,
      "Metal3DataClaim",
      name,
      [`Metal3Machine ${name}`],
      { spec: { template: { name: "lab", namespace } } },
      { finalizers: ["metal3dataclaim.infrastructure.cluster.x-k8s.io"] },
    ),
    secret(`${name}-metadata`, byData, {}, text(`metadata of ${name}`, 300)),
    secret(`${name}-networkdata`, byData, {}, text(`network data of ${name}`, 700)),
    seed(
      versions.ipam,
      "IPClaim",
      `${name}-lab-pool`,
      byData,
      { spec: { pool: { name: "lab-pool", namespace } } },
      { finalizers: ["ipclaim.ipam.metal3.io"] },
    ),
    seed(
      versions.ipam,
      "IPAddress",
      addressName,
      ["IPPool lab-pool", `IPClaim ${name}-lab-pool`],
      {
        spec: {
          address: ip,
          prefix: 16,
          pool: { name: "lab-pool", namespace },
          claim: { name: `${name}-lab-pool`, namespace },
        },
      },
      { finalizers: ["ipaddress.ipam.metal3.io"] },
    ),
  ];
}

/** Hardware details of a server with four NICs and four disks, as an inspection reports them. */
function hardware(index: number): Record<string, unknown> {
  return {
    cpu: {
      arch: "x86_64",
      model: "Intel(R) Xeon(R) Gold 6338N CPU @ 2.20GHz",
      clockMegahertz: 2200,
      count: 64,
      flags: numbers(120).map((flag) => `flag_${flag}`),
    },
    firmware: { bios: { date: "03/14/2025", vendor: "Example Inc.", version: "1.13.2" } },
    hostname: hostName(index),
    nics: numbers(4).map((nic) => ({
      name: `eno${nic + 1}`,
      mac: `52:54:0${nic}:00:${byte(index >> 8)}:${byte(index)}`,
      model: "0x8086 0x1593",
      ip: nic === 0 ? address(addressesInPool + index) : "",
      pxe: nic === 0,
      speedGbps: 25,
      vlanId: 0,
    })),
    ramMebibytes: 262_144,
    storage: numbers(4).map((disk) => ({
      name: `/dev/disk/by-path/pci-0000:3b:00.0-scsi-0:2:${disk}:0`,
      alternateNames: [`/dev/sd${"abcd"[disk]}`],
      model: "PERC H745 Frt",
      vendor: "Example",
      serialNumber: `${index}-${disk}`,
      sizeBytes: 959_656_755_200,
      type: "SSD",
      wwn: `0x62cea7f05${disk}`,
    })),
    systemVendor: { manufacturer: "Example Inc.", productName: "R750 (SKU=0A6B)", serialNumber: `${index}` },
  };
}

function hostName(index: number): string {
  return `host-${index}`;
}

/** The n-th address of 10.20.0.0/16. */
function address(n: number): string {
  return `10.20.${(n >> 8) & 255}.${n & 255}`;
}

function byte(value: number): string {
  return (value & 255).toString(16).padStart(2, "0");
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A text of so many bytes that begins with what it is. */
function text(begin: string, bytes: number): string {
  return `${begin}\n`.padEnd(bytes, "0123456789abcdef");
}
