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

/** A group with the hosts that it may take. */
interface Group {
  readonly demand: HostDemand;
  readonly eligible: readonly HostSupply[];
  /** Number of the first eligible host that may be free: one that is taken never gets free again. */
  firstFree: number;
}

/**
 * Matches machines to hosts (augmenting paths in the bipartite graph) and gives the shortage, or nothing when all groups
 * can be served together. The shortage is a set as in Hall's theorem, so it names just those who compete.
 *
 * The machines of a group are alike, so a path goes through a group at most once: an inventory of thousands takes no time.
 */
export function findShortage(
  demands: readonly HostDemand[],
  hosts: readonly HostSupply[],
): HostShortage | undefined {
  /** For each host, the group that has it. */
  const taken = new Map<HostSupply, Group>();
  const groups = demands.map((demand) => ({
    demand,
    eligible: hosts.filter((host) => matches(demand.selector, host)),
    firstFree: 0,
  }));
  for (const group of groups) {
    // More replicas than eligible hosts can never be served, so a huge number costs nothing.
    const units = Math.min(group.demand.replicas, group.eligible.length + 1);
    for (let unit = 0; unit < units; unit++) {
      const visited = new Set([group]);
      if (!augment(group, taken, visited)) return shortage(group, groups, hosts, visited, taken);
    }
  }
  return undefined;
}

function augment(group: Group, taken: Map<HostSupply, Group>, visited: Set<Group>): boolean {
  const { eligible } = group;
  let free = eligible[group.firstFree];
  while (free && taken.has(free)) free = eligible[++group.firstFree];
  if (free) {
    taken.set(free, group);
    return true;
  }
  for (const host of eligible) {
    const owner = taken.get(host);
    if (!owner || visited.has(owner)) continue;
    visited.add(owner);
    if (augment(owner, taken, visited)) {
      taken.set(host, group);
      return true;
    }
  }
  return false;
}

/** A failed search visited every group that has a host which the unserved one could get: they are the competitors. */
function shortage(
  unserved: Group,
  groups: readonly Group[],
  hosts: readonly HostSupply[],
  visited: ReadonlySet<Group>,
  taken: ReadonlyMap<HostSupply, Group>,
): HostShortage {
  const reached = new Set([...visited].flatMap(({ eligible }) => eligible));
  const owners = new Set([...reached].map((host) => taken.get(host)));
  return {
    demands: groups.filter((group) => group === unserved || owners.has(group)).map(({ demand }) => demand),
    hosts: hosts.filter((host) => reached.has(host)),
  };
}
