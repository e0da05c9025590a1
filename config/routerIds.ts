import { parseAddress } from "./addresses";

/** VRRP router ids go from 1 to this. */
const highest = 255;

/** Used where the address is malformed, which is refused for itself. */
const fallback = { ironic: 1, api: 2 } as const;

/** What the user says of the ids, and the addresses that they are made from. */
export interface RouterIdInput {
  readonly virtualRouterId?: number;
  readonly apiVirtualRouterId?: number;
  readonly ironicIP?: string;
  readonly apiHost?: string;
}

/** VRRP router ids, 1 to 255, that are not the same unless the user made them so. */
export interface RouterIds {
  readonly virtualRouterId: number;
  readonly apiVirtualRouterId: number;
}

/**
 * The VRRP router ids of the two virtual addresses. Routers of one id on one wire take each other's addresses away, so the
 * default is the last part of the address: clusters that share a wire have addresses of their own, and so ids of their own in
 * any run of 255 addresses. It is the same on bootstrap and target, which never hold the address together.
 */
export function routerIds({
  virtualRouterId,
  apiVirtualRouterId,
  ironicIP,
  apiHost,
}: RouterIdInput): RouterIds {
  const ironic = virtualRouterId ?? idOf(ironicIP, fallback.ironic, apiVirtualRouterId);
  return {
    virtualRouterId: ironic,
    apiVirtualRouterId: apiVirtualRouterId ?? idOf(apiHost, fallback.api, ironic),
  };
}

/** The id of an address; the next one where that is taken by the cluster's other address. */
function idOf(address: string | undefined, otherwise: number, taken: number | undefined): number {
  const number = parseAddress(address);
  const id = number === undefined ? otherwise : number % 256 || highest;
  return id === taken ? (id % highest) + 1 : id;
}
