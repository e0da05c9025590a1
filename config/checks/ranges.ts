import { overlap, parseAddress, parseNetwork, parseRange, size } from "../addresses";
import type { AddressRange } from "../clusterConfig";
import type { Draft } from "../draft";
import { type ConfigPath, type ConfigProblem, formatPath, problem } from "../problem";
import type { Check } from "./check";

/** The DHCP range and the range of the nodes: in order, inside the network, apart from each other, and large enough. */
export const checkRanges: Check = ({ draft }) => {
  const { network } = draft;
  const hosts = draft.hosts?.length ?? 0;
  const dhcp: ConfigPath = ["network", "dhcpRange"];
  const nodes: ConfigPath = ["network", "nodeRange"];
  const problems = [
    ...rangeProblems(dhcp, network?.dhcpRange, network?.cidr, hosts),
    ...rangeProblems(nodes, network?.nodeRange, network?.cidr, hosts),
  ];
  const [dhcpSpan, nodeSpan] = [parseRange(network?.dhcpRange), parseRange(network?.nodeRange)];
  if (dhcpSpan && nodeSpan && overlap(dhcpSpan, nodeSpan)) {
    problems.push(
      problem(
        dhcp,
        network?.dhcpRange,
        `overlaps ${formatPath(nodes)} (${network?.nodeRange?.start} to ${network?.nodeRange?.end})`,
        "Give hosts that boot and nodes that run ranges of their own, or two machines get the same address.",
      ),
    );
  }
  return problems;
};

function rangeProblems(
  path: ConfigPath,
  range: Draft<AddressRange> | undefined,
  cidr: string | undefined,
  hosts: number,
): ConfigProblem[] {
  const [start, end] = [parseAddress(range?.start), parseAddress(range?.end)];
  const network = parseNetwork(cidr);
  const problems: ConfigProblem[] = [];
  for (const [key, address] of [
    ["start", start],
    ["end", end],
  ] as const) {
    // The first and the last address of a network are its own and the broadcast address.
    if (network && address !== undefined && !(network.first < address && address < network.last)) {
      problems.push(
        problem(
          [...path, key],
          range?.[key],
          `is not a host address of network.cidr (${cidr})`,
          "Choose an address inside the network, other than its first and last.",
        ),
      );
    }
  }
  if (start === undefined || end === undefined) return problems;
  if (start > end) {
    problems.push(
      problem(path, range, "is reversed", "Write the lower address as start and the higher as end."),
    );
  } else if (size({ first: start, last: end }) < hosts) {
    problems.push(
      problem(
        path,
        range,
        `has ${size({ first: start, last: end })} addresses for ${hosts} hosts`,
        `Widen it to at least ${hosts} addresses.`,
      ),
    );
  }
  return problems;
}
