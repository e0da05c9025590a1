import ipaddr from "ipaddr.js";

/** User name and password of the lab's BMCs. No secret: the lab's network ends on this machine. */
export const bmcCredentials = { username: "admin", password: "password" } as const;

/** Tags of the images that exist in the container engine only. */
export const localImages = {
  base: "metal3-lab/base:trixie",
  host: "metal3-lab/host:latest",
  services: "metal3-lab/services:latest",
} as const;

/** Label key on every container, network and volume of a lab; its value is the rack's name. */
export const labLabel = "metal3-lab";

/** Label key on a virtual host's container; its value is the host's name. */
export const hostLabel = "metal3-lab.host";

/** Size of a host's disk in MiB. The file is sparse. */
export const diskMiB = 12 * 1024;

/** Number of hosts a rack has when nothing else is said. */
export const defaultHostCount = 3;

/** More hosts do not fit into the node address pool and the DHCP range. */
export const maximalHostCount = 9;

/** First and last address of a range, both included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** A virtual bare-metal host as its rack sees it. */
export interface HostIdentity {
  /** `host-0`, `host-1`, ... */
  readonly name: string;
  /** MAC address of its only NIC (eth0), lower case. */
  readonly mac: string;
  /** Redfish system id, a UUID. */
  readonly systemId: string;
  /** Full Redfish URL of the system, as a BMC address without the driver prefix. */
  readonly redfishUrl: string;
  /** Name of its container while it is powered on. */
  readonly container: string;
}

/** Names and addresses of one rack. Everything in the lab that needs an address takes it from here. */
export interface Rack {
  /** Name of the container network, prefix of all containers, value of {@link labLabel}. */
  readonly name: string;
  /** Provisioning network, CIDR. */
  readonly subnet: string;
  /** The machine itself, which every other address is reached from. */
  readonly gateway: string;
  /** Addresses the container engine gives out by itself (kind nodes), CIDR. */
  readonly engineRange: string;
  /** Ironic's endpoint, held by keepalived. */
  readonly ironic: string;
  /** Mirror of all registries, plain HTTP: `address:port`. */
  readonly registry: { readonly address: string; readonly port: number };
  /** Serves the hosts' operating system image. */
  readonly imageServer: { readonly address: string; readonly port: number };
  /** Redfish BMCs of all hosts. */
  readonly bmc: { readonly address: string; readonly port: number };
  /** Turns the BMCs' power changes into containers; runs on the machine itself. */
  readonly powerController: { readonly address: string; readonly port: number };
  /** Virtual IP of the target cluster's API server. */
  readonly apiEndpoint: { readonly address: string; readonly port: number };
  /** Static addresses of the target's nodes (IP pool of the Metal3 IPAM). */
  readonly nodes: AddressRange;
  /** Range of the Ironic stack's dnsmasq. */
  readonly dhcp: AddressRange;
}

/** A rack on `subnet`, an IPv4 /24, where every address has its fixed place. */
export function defineRack(name = "metal3-lab", subnet = "172.22.0.0/24"): Rack {
  const [network, prefix] = ipaddr.IPv4.parseCIDR(subnet);
  if (prefix !== 24 || network.octets[3] !== 0) {
    throw new Error(`rack ${name}: subnet ${subnet} is not the first address of a /24`);
  }
  const at = (last: number): string => [...network.octets.slice(0, 3), last].join(".");
  return {
    name,
    subnet,
    gateway: at(1),
    engineRange: `${at(192)}/26`,
    ironic: at(2),
    registry: { address: at(3), port: 5000 },
    imageServer: { address: at(4), port: 8080 },
    bmc: { address: at(5), port: 8000 },
    powerController: { address: at(1), port: 9999 },
    apiEndpoint: { address: at(10), port: 6443 },
    nodes: { first: at(20), last: at(49) },
    dhcp: { first: at(100), last: at(149) },
  };
}

/** The rack that `make lab` starts. */
export const rack: Rack = defineRack();

/** The first `count` hosts of a rack. */
export function hosts(count: number = defaultHostCount, of: Rack = rack): readonly HostIdentity[] {
  if (!Number.isInteger(count) || count < 1 || count > maximalHostCount) {
    throw new Error(`number of hosts: ${count} is not between 1 and ${maximalHostCount}`);
  }
  return Array.from({ length: count }, (_, index) => {
    const number = (index + 1).toString(16);
    const name = `host-${index}`;
    const systemId = `00000000-0000-4000-8000-${number.padStart(12, "0")}`;
    return {
      name,
      mac: `52:54:00:22:00:${number.padStart(2, "0")}`,
      systemId,
      redfishUrl: `${url(of.bmc)}/redfish/v1/Systems/${systemId}`,
      container: `${of.name}-${name}`,
    };
  });
}

/** `http://address:port` of a service. */
export function url(service: { readonly address: string; readonly port: number }): string {
  return `http://${service.address}:${service.port}`;
}
