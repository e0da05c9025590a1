import { contains, parseAddress, parseNetwork, parseRange } from "../addresses";
import { parseURL } from "../formats";
import { type ConfigPath, type ConfigProblem, formatPath, problem } from "../problem";
import type { Check, CheckContext } from "./check";

interface Endpoint {
  readonly path: ConfigPath;
  /** The value at the path: an address, or a URL that holds one. */
  readonly value: string | undefined;
  readonly address: number | undefined;
}

/** The fixed addresses: the three of the cluster are its own and inside the network, and none is ever handed out. */
export const checkEndpoints: Check = (context) => {
  const own = ownEndpoints(context);
  return [
    ...own.flatMap((endpoint) => outsideNetwork(endpoint, context)),
    ...[...own, ...foreignEndpoints(context)].flatMap((endpoint) => handedOut(endpoint, context)),
    ...own.flatMap((endpoint, index) => sharedWith(endpoint, own.slice(0, index))),
    ...foreignEndpoints(context).flatMap((endpoint) => sharedWith(endpoint, own.slice(1))),
    ...routerIds(context),
  ];
};

/** The gateway first: it may be any other machine of the site, the two virtual addresses may not. */
function ownEndpoints({ draft }: CheckContext): Endpoint[] {
  return [
    endpoint(["network", "gateway"], draft.network?.gateway),
    endpoint(["network", "ironicIP"], draft.network?.ironicIP),
    endpoint(["controlPlane", "endpoint", "host"], draft.controlPlane?.endpoint?.host),
  ];
}

/** Servers that the configuration names by address. */
function foreignEndpoints({ draft }: CheckContext): Endpoint[] {
  return [
    ...(draft.network?.nameservers ?? []).map((server, index) =>
      endpoint(["network", "nameservers", index], server),
    ),
    ...(draft.hosts ?? []).map((host, index) => endpoint(["hosts", index, "bmcAddress"], host?.bmcAddress)),
    ...Object.entries(draft.registryMirrors ?? {}).map(([host, url]) =>
      endpoint(["registryMirrors", host], url),
    ),
    endpoint(["image", "url"], draft.image?.url),
  ];
}

function endpoint(path: ConfigPath, value: string | undefined): Endpoint {
  return { path, value, address: parseAddress(value) ?? parseAddress(value && parseURL(value)?.hostname) };
}

function outsideNetwork({ path, value, address }: Endpoint, { draft }: CheckContext): ConfigProblem[] {
  const cidr = draft.network?.cidr;
  const network = parseNetwork(cidr);
  if (!network || address === undefined || (network.first < address && address < network.last)) return [];
  return [
    problem(
      path,
      value,
      `is not a host address of network.cidr (${cidr})`,
      "Choose an address inside the network, other than its first and last.",
    ),
  ];
}

function handedOut({ path, value, address }: Endpoint, { draft }: CheckContext): ConfigProblem[] {
  return (["dhcpRange", "nodeRange"] as const).flatMap((key) => {
    const range = draft.network?.[key];
    const span = parseRange(range);
    if (!span || address === undefined || !contains(span, address)) return [];
    return [
      problem(
        path,
        value,
        `lies inside network.${key} (${range?.start} to ${range?.end}), from which hosts take their addresses`,
        `Choose an address outside the range, or narrow network.${key}.`,
      ),
    ];
  });
}

function sharedWith({ path, value, address }: Endpoint, others: readonly Endpoint[]): ConfigProblem[] {
  return others
    .filter((other) => address !== undefined && other.address === address)
    .map((other) =>
      problem(
        path,
        value,
        `is the same address as ${formatPath(other.path)}`,
        "Give each an address of its own.",
      ),
    );
}

function routerIds({ draft }: CheckContext): ConfigProblem[] {
  const { virtualRouterId, apiVirtualRouterId } = draft.ironic ?? {};
  if (virtualRouterId === undefined || virtualRouterId !== apiVirtualRouterId) return [];
  return [
    problem(
      ["ironic", "apiVirtualRouterId"],
      apiVirtualRouterId,
      "is the same VRRP router id as ironic.virtualRouterId, so that the two virtual addresses would fight",
      "Choose two ids that no other VRRP router of the network uses.",
    ),
  ];
}
