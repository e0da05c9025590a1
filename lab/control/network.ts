import ipaddr from "ipaddr.js";
import { execa } from "execa";
import { labLabel, type Rack } from "./addresses";
import { docker, labelArguments, lines } from "./docker";

/** A network that is already there: where it was found and what it covers. */
export interface KnownNetwork {
  /** For the error message, e.g. `docker network kind` or `route on eth0`. */
  readonly owner: string;
  /** CIDR. */
  readonly subnet: string;
}

/** Label that kind puts on each node's container, with the cluster's name. */
export const kindClusterLabel = "io.x-k8s.kind.cluster";

interface InspectedNetwork {
  Name: string;
  Labels: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string; Gateway?: string; IPRange?: string }[] | null };
}

/** Those of `known` that overlap `subnet` (IPv4 CIDRs; others and default routes are left out). */
export function overlapping(subnet: string, known: readonly KnownNetwork[]): KnownNetwork[] {
  const [address, prefix] = ipaddr.IPv4.parseCIDR(subnet);
  return known.filter((other) => {
    if (!ipaddr.IPv4.isValidCIDR(other.subnet)) return false;
    const [otherAddress, otherPrefix] = ipaddr.IPv4.parseCIDR(other.subnet);
    if (otherPrefix === 0) return false;
    const shorter = Math.min(prefix, otherPrefix);
    return address.match(otherAddress, shorter);
  });
}

/** Makes the rack's network, or finds it as it should be. Refuses a subnet that is in use otherwise. */
export async function ensureNetwork(rack: Rack): Promise<void> {
  const networks = await inspectNetworks();
  const own = networks.find((network) => network.Name === rack.name);
  if (own !== undefined) {
    const config = own.IPAM.Config?.[0];
    if (
      own.Labels?.[labLabel] !== rack.name ||
      config?.Subnet !== rack.subnet ||
      config.Gateway !== rack.gateway ||
      config.IPRange !== rack.engineRange
    ) {
      throw new Error(
        `the container network ${rack.name} exists but is not the lab's (subnet ${config?.Subnet ?? "none"}); ` +
          `remove it with "docker network rm ${rack.name}" or stop who uses it`,
      );
    }
    return;
  }
  const collisions = overlapping(rack.subnet, [...dockerSubnets(networks), ...(await routes())]);
  if (collisions.length > 0) {
    throw new Error(
      `the lab's subnet ${rack.subnet} is in use: ` +
        collisions.map((other) => `${other.owner} (${other.subnet})`).join(", ") +
        `; take that network away, or give the rack another subnet in lab/control/addresses.ts`,
    );
  }
  await docker([
    "network",
    "create",
    "--driver=bridge",
    `--subnet=${rack.subnet}`,
    `--ip-range=${rack.engineRange}`,
    `--gateway=${rack.gateway}`,
    // As an air-gapped site: no way out for the hosts, everything comes from the rack.
    "--opt=com.docker.network.bridge.enable_ip_masquerade=false",
    ...labelArguments(rack.name),
    rack.name,
  ]);
}

/** A running container that is on a network of the lab and is not the lab's own. */
export interface NetworkUser {
  readonly container: string;
  /** Name of the kind cluster that it is a node of. */
  readonly kindCluster?: string;
}

/**
 * Removes the lab's networks and returns their names. Absent is fine.
 *
 * @throws when a container is still on one of them: it is named, with the way to take it away. That network stays.
 */
export async function removeNetworks(rack: Rack): Promise<string[]> {
  const names = lines(
    await docker(["network", "ls", "--filter", `label=${labLabel}=${rack.name}`, "--format={{.Name}}"]),
  );
  for (const name of names) {
    const users = await networkUsers(name);
    if (users.length > 0) throw new Error(networkInUse(name, users));
    await docker(["network", "rm", name]);
  }
  return names;
}

/** Says who keeps a network, and what takes each of them away. */
export function networkInUse(network: string, users: readonly NetworkUser[]): string {
  const clusters = new Set(users.flatMap(({ kindCluster }) => kindCluster ?? []));
  const others = users.filter(({ kindCluster }) => kindCluster === undefined);
  const remedies = [
    ...[...clusters].map(
      (cluster) =>
        `"kind delete cluster --name ${cluster}" (it may belong to a stack whose bring-up was stopped: its objects go with it)`,
    ),
    ...others.map(({ container }) => `"docker network disconnect --force ${network} ${container}"`),
  ];
  return (
    `the container network ${network} is in use by ${users.map(({ container }) => container).join(", ")}; ` +
    `take them away with ${remedies.join(" and ")}, then run this again`
  );
}

async function networkUsers(network: string): Promise<NetworkUser[]> {
  const format = `--format={{.Names}}\t{{.Label "${kindClusterLabel}"}}`;
  const rows = lines(await docker(["ps", "--filter", `network=${network}`, format]));
  return rows.map((row) => {
    const [container = row, kindCluster = ""] = row.split("\t");
    return { container, ...(kindCluster !== "" && { kindCluster }) };
  });
}

async function inspectNetworks(): Promise<InspectedNetwork[]> {
  const ids = lines(await docker(["network", "ls", "-q"]));
  if (ids.length === 0) return [];
  return JSON.parse(await docker(["network", "inspect", ...ids])) as InspectedNetwork[];
}

function dockerSubnets(networks: readonly InspectedNetwork[]): KnownNetwork[] {
  return networks.flatMap((network) =>
    (network.IPAM.Config ?? []).flatMap(({ Subnet }) =>
      Subnet === undefined ? [] : [{ owner: `docker network ${network.Name}`, subnet: Subnet }],
    ),
  );
}

async function routes(): Promise<KnownNetwork[]> {
  const { stdout } = await execa("ip", ["-json", "-4", "route", "show", "table", "main"], {
    stdin: "ignore",
  });
  return (JSON.parse(stdout) as { dst: string; dev?: string }[]).map(({ dst, dev }) => ({
    owner: `route on ${dev ?? "an interface"}`,
    subnet: dst.includes("/") ? dst : `${dst}/32`,
  }));
}
