/** How many machines the cluster of an inventory has. */
export interface Machines {
  readonly controlPlane: number;
  readonly workers: number;
}

/** Half of the hosts run machines, one of them the control plane; the others are spare. Pure. */
export function machinesOf(hosts: number): Machines {
  return { controlPlane: 1, workers: Math.max(1, Math.floor(hosts / 2) - 1) };
}

/** Name of a host of the inventory, by its number from 0. Pure. */
export function hostName(index: number): string {
  return `host-${String(index).padStart(4, "0")}`;
}

/** Files that the configuration names. */
export interface InventoryFiles {
  /** YAML or JSON, the list of hosts. */
  readonly hosts: string;
  /** JSON, host name to BMC credentials. */
  readonly bmcCredentials: string;
}

/** Credentials of every BMC, each its own, for the file. Pure. */
export function bmcCredentials(hosts: number): Record<string, { username: string; password: string }> {
  return Object.fromEntries(
    Array.from({ length: hosts }, (_, index) => [
      hostName(index),
      { username: "admin", password: `password-${String(index).padStart(8, "0")}` },
    ]),
  );
}

/**
 * The hosts, for the file. Pure.
 *
 * @param revision label value of the last host, by which one host is changed
 */
export function inventory(hosts: number, revision = "first"): object[] {
  return Array.from({ length: hosts }, (_, index) => ({
    name: hostName(index),
    bmcAddress: `redfish+http://172.22.0.5:8000/redfish/v1/Systems/00000000-0000-4000-8000-${hex(index, 12)}`,
    bootMACAddress: `52:54:00:22:${hex(index, 4).slice(0, 2)}:${hex(index, 4).slice(2)}`,
    ...(index === hosts - 1 ? { labels: { revision } } : {}),
  }));
}

/**
 * The dev stack's configuration with so many hosts, on a network that has room for them. Pure.
 *
 * @param base keys and values of `Pulumi.dev.yaml`
 */
export function inventoryValues(
  base: Readonly<Record<string, unknown>>,
  hosts: number,
  files: InventoryFiles,
): Record<string, unknown> {
  const others = Object.fromEntries(Object.entries(base).filter(([key]) => key !== "metal3:hosts"));
  return {
    ...others,
    "metal3:hostsFile": files.hosts,
    "metal3:bmcCredentialsFile": files.bmcCredentials,
    "metal3:workers": machinesOf(hosts).workers,
    "metal3:network": {
      ...(base["metal3:network"] as object),
      cidr: "172.22.0.0/20",
      dhcpRange: { start: "172.22.1.0", end: "172.22.7.255" },
      nodeRange: { start: "172.22.8.0", end: "172.22.15.250" },
    },
    // One /24 a node.
    "metal3:podCIDR": "10.32.0.0/12",
    "metal3:bootstrap": {
      ...(base["metal3:bootstrap"] as object),
      name: "metal3-bench-growth",
      network: "metal3-bench-growth",
    },
  };
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}
