import ipaddr from "ipaddr.js";
import type { AddressRange } from "./clusterConfig";

/** An IPv4 network, or any run of addresses, as numbers; both ends belong to it. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** An IPv4 address as a number, or nothing when the text is not one in dotted-quad form. */
export function parseAddress(text: unknown): number | undefined {
  if (typeof text !== "string" || !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  const [a, b, c, d] = ipaddr.IPv4.parse(text).octets as [number, number, number, number];
  return ((a * 256 + b) * 256 + c) * 256 + d;
}

/** The span of a CIDR such as "172.22.0.0/24", or nothing when it is malformed or has host bits set. */
export function parseNetwork(text: unknown): Span | undefined {
  if (typeof text !== "string") return undefined;
  const [address, prefix, ...rest] = text.split("/");
  const first = parseAddress(address);
  if (first === undefined || rest.length || !prefix || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) {
    return undefined;
  }
  const size = 2 ** (32 - Number(prefix));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

/** Length of the prefix of a CIDR that is known to be well-formed. */
export function prefixLength(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

/** The span of a range, or nothing when an end is malformed or the range is reversed. */
export function parseRange(range: Partial<AddressRange> | undefined): Span | undefined {
  const first = parseAddress(range?.start);
  const last = parseAddress(range?.end);
  return first !== undefined && last !== undefined && first <= last ? { first, last } : undefined;
}

/** True when an address lies in a span. */
export function contains(span: Span, address: number): boolean {
  return span.first <= address && address <= span.last;
}

/** True when two spans share an address. */
export function overlap(a: Span, b: Span): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Number of addresses. */
export function size(span: Span): number {
  return span.last - span.first + 1;
}
