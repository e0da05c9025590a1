import { overlap, parseNetwork, prefixLength } from "../addresses";
import { type ConfigPath, type ConfigProblem, formatPath, problem } from "../problem";
import type { Check } from "./check";

interface Network {
  readonly path: ConfigPath;
  readonly cidr: string | undefined;
}

/** Networks that one node routes must not overlap: the provisioning network, a cluster's pods and its services. */
export const checkNetworks: Check = ({ draft }) => {
  const provisioning = { path: ["network", "cidr"], cidr: draft.network?.cidr };
  return [
    ...overlaps([
      provisioning,
      { path: ["podCIDR"], cidr: draft.podCIDR },
      { path: ["serviceCIDR"], cidr: draft.serviceCIDR },
    ]),
    ...overlaps([
      provisioning,
      { path: ["bootstrap", "podCIDR"], cidr: draft.bootstrap?.podCIDR },
      { path: ["bootstrap", "serviceCIDR"], cidr: draft.bootstrap?.serviceCIDR },
    ]),
    ...podNetwork(["podCIDR"], draft.podCIDR, draft.hosts?.length ?? 0),
    ...podNetwork(["bootstrap", "podCIDR"], draft.bootstrap?.podCIDR, 1),
    ...serviceNetwork(["serviceCIDR"], draft.serviceCIDR),
    ...serviceNetwork(["bootstrap", "serviceCIDR"], draft.bootstrap?.serviceCIDR),
  ];
};

function overlaps(networks: readonly Network[]): ConfigProblem[] {
  return networks.flatMap((network, index) =>
    networks.slice(0, index).flatMap((other) => {
      const [a, b] = [parseNetwork(network.cidr), parseNetwork(other.cidr)];
      if (!a || !b || !overlap(a, b)) return [];
      return [
        problem(
          network.path,
          network.cidr,
          `overlaps ${formatPath(other.path)} (${other.cidr})`,
          "Choose networks that share no address.",
        ),
      ];
    }),
  );
}

/** The controller manager gives each node a /24 of the pod network. */
const nodePrefix = 24;

function podNetwork(path: ConfigPath, cidr: string | undefined, nodes: number): ConfigProblem[] {
  if (!cidr || !parseNetwork(cidr)) return [];
  const room = 2 ** (nodePrefix - prefixLength(cidr));
  if (room >= Math.max(1, nodes)) return [];
  const needed = nodePrefix - Math.ceil(Math.log2(Math.max(1, nodes)));
  return [
    problem(
      path,
      cidr,
      `is too small: each of up to ${nodes} nodes takes a /${nodePrefix} of it`,
      `Use a prefix length of at most ${needed}.`,
    ),
  ];
}

function serviceNetwork(path: ConfigPath, cidr: string | undefined): ConfigProblem[] {
  if (!cidr || !parseNetwork(cidr)) return [];
  const length = prefixLength(cidr);
  if (length >= 12 && length <= 28) return [];
  return [
    problem(
      path,
      cidr,
      length < 12 ? "is larger than the API server allows" : "is too small for the cluster's services",
      "Use a prefix length from 12 to 28.",
    ),
  ];
}
