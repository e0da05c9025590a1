/** A group of machines and the label selector of the hosts that it may take. */
export interface HostDemand {
  readonly name: string;
  readonly replicas: number;
  readonly selector: Readonly<Record<string, string>>;
}

/** A host and its labels. */
export interface HostSupply {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Groups that compete for too few hosts: together they want more than all the hosts that any of them may take. */
export interface HostShortage {
  readonly demands: readonly HostDemand[];
  readonly hosts: readonly HostSupply[];
}

/** True when a host carries every label of a selector. */
export function matches(selector: Readonly<Record<string, string>>, host: HostSupply): boolean {
  return Object.entries(selector).every(([key, value]) => host.labels[key] === value);
}

/** The hosts in two parts: as many of the first as a group can take and needs, and the others; both in the order they had. */
export function hostsForFirst<Host extends HostSupply>(
  { replicas, selector }: Pick<HostDemand, "replicas" | "selector">,
  hosts: readonly Host[],
): { readonly first: readonly Host[]; readonly others: readonly Host[] } {
  const first = hosts.filter((host) => matches(selector, host)).slice(0, replicas);
  return { first, others: hosts.filter((host) => !first.includes(host)) };
}

/**
 * Matches machines to hosts (augmenting paths in the bipartite graph) and gives the shortage, or nothing when all groups
 * can be served together. The shortage is a set as in Hall's theorem, so it names just those who compete.
 */
export function findShortage(
  demands: readonly HostDemand[],
  hosts: readonly HostSupply[],
): HostShortage | undefined {
  /** For each host, the demand that has it. */
  const taken = new Map<HostSupply, HostDemand>();
  for (const demand of demands) {
    const eligible = hosts.filter((host) => matches(demand.selector, host));
    // More replicas than eligible hosts can never be served, so a huge number costs nothing.
    for (let unit = 0; unit < Math.min(demand.replicas, eligible.length + 1); unit++) {
      const visited = new Set<HostSupply>();
      if (!augment(demand, hosts, taken, visited)) return shortage(demand, demands, hosts, visited, taken);
    }
  }
  return undefined;
}

function augment(
  demand: HostDemand,
  hosts: readonly HostSupply[],
  taken: Map<HostSupply, HostDemand>,
  visited: Set<HostSupply>,
): boolean {
  for (const host of hosts) {
    if (visited.has(host) || !matches(demand.selector, host)) continue;
    visited.add(host);
    const owner = taken.get(host);
    if (!owner || augment(owner, hosts, taken, visited)) {
      taken.set(host, demand);
      return true;
    }
  }
  return false;
}

/** A failed search visited every host that the unserved group could get, and its present owners are the competitors. */
function shortage(
  unserved: HostDemand,
  demands: readonly HostDemand[],
  hosts: readonly HostSupply[],
  visited: ReadonlySet<HostSupply>,
  taken: ReadonlyMap<HostSupply, HostDemand>,
): HostShortage {
  const owners = new Set([...visited].map((host) => taken.get(host)));
  return {
    demands: demands.filter((demand) => demand === unserved || owners.has(demand)),
    hosts: hosts.filter((host) => visited.has(host)),
  };
}
