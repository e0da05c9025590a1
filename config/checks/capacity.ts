import { findShortage, type HostDemand, type HostSupply } from "../hostMatching";
import { type ConfigPath, type ConfigProblem, formatPath, problem } from "../problem";
import type { Check, CheckContext } from "./check";

/** There is a host for every asked replica, all groups together and each within its host selector. */
export const checkCapacity: Check = (context) => {
  const demands = hostDemands(context);
  const listed = context.draft.hosts;
  const hosts = (listed ?? []).flatMap((host): HostSupply[] =>
    host?.name === undefined ? [] : [{ name: host.name, labels: definedValues(host.labels) }],
  );
  // A refused host may have been meant for any of them.
  if (!listed || hosts.length < listed.length) return [];
  const shortage = findShortage(demands, hosts);
  if (!shortage) return [];
  const groups = demands.filter((demand) => shortage.demands.includes(demand));
  const needed = groups.reduce((sum, { replicas }) => sum + replicas, 0);
  const names = shortage.hosts.map(({ name }) => name).join(", ") || "none";
  return groups.map((group): ConfigProblem => {
    const others = groups.filter((other) => other !== group).map((other) => formatPath(other.path));
    const together = others.length ? ` (together with ${others.join(" and ")}: ${needed})` : "";
    return problem(
      group.path,
      group.replicas,
      `asks for ${group.replicas} hosts${together}${selectorText(group)}, but only ${shortage.hosts.length} fit: ${names}`,
      "Add hosts, ask for fewer replicas, or change the hosts' labels or the host selector.",
    );
  });
};

interface Group extends HostDemand {
  readonly path: ConfigPath;
}

/** The groups of machines of a draft; one whose replicas were refused asks for nothing. */
function hostDemands({ draft, poolReplicas }: CheckContext): Group[] {
  const { controlPlane } = draft;
  return [
    {
      name: "control plane",
      replicas: controlPlane?.replicas ?? 0,
      selector: definedValues(controlPlane?.hostSelector),
      path: ["controlPlane", "replicas"],
    },
    ...(draft.workerPools ?? []).map((pool, index) => ({
      name: `pool ${pool?.name}`,
      replicas: pool?.replicas ?? 0,
      selector: definedValues(pool?.hostSelector),
      path: poolReplicas[index] ?? ["workerPools", index, "replicas"],
    })),
  ];
}

function selectorText({ selector }: Group): string {
  const entries = Object.entries(selector);
  return entries.length ? ` with ${entries.map(([key, value]) => `${key}=${value}`).join(",")}` : "";
}

function definedValues(record: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
