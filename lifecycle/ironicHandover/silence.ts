import type { ProbeResult } from "../inputs/ironicHandover";
import { errorText } from "../shared/failure";
import type { AddressState } from "./addressWatch";
import type { DhcpOffer } from "./dhcp";
import { dhcpQuiet, type HeardOffer } from "./dhcpWatch";
import type { AddressAnswer, OnLink } from "./probes";

/** Longer than dnsmasq pings an address (3 s) before it offers it. */
export const quietSeconds = 3.6;

/** Seconds without an answer that are asked for after the source's pods are gone; who is there answers in milliseconds. */
export const confirmSeconds = 0.8;

/** What was seen of the provisioning network up to a moment. */
export interface WireState {
  /** Interface of this machine on the network, when there is one. */
  readonly link?: OnLink;
  readonly address: AddressState;
  /** Discovers and offers; an Error when no discover can be sent, undefined without an interface. */
  readonly dhcp:
    { readonly asked: readonly number[]; readonly heard: readonly HeardOffer[] } | Error | undefined;
}

/** Who may be heard while the source is being stopped. What nobody knows of cannot be told from a stranger. */
export interface KnownOwners {
  /** MAC address that the endpoint address had under the source's Ironic. */
  readonly mac?: string;
  /** Addresses of both clusters' nodes and the endpoint, one of which a DHCP server of ours names as its own. */
  readonly servers?: ReadonlySet<string>;
}

/** What it means. */
export type Silence =
  | { readonly silent: true; readonly probes: { readonly address: ProbeResult; readonly dhcp: ProbeResult } }
  | {
      readonly silent: false;
      /** What was heard, or what the proof still lacks. */
      readonly heard: readonly string[];
      /** What was heard of third parties: it does not go away by itself. */
      readonly strangers: readonly string[];
    };

/**
 * Judges what was seen, `goneAt` being the moment when the source's pods were found gone (milliseconds since the epoch). A
 * probe that cannot be made proves nothing, and is reported as such.
 */
export function judgeSilence(
  endpoint: string,
  wire: WireState,
  goneAt: number,
  now: number,
  known: KnownOwners = {},
): Silence {
  const address = judgeAddress(endpoint, wire, goneAt, known);
  const dhcp = judgeDhcp(endpoint, wire, goneAt, now, known);
  const heard = [...address.heard, ...dhcp.heard];
  return heard.length > 0
    ? { silent: false, heard, strangers: [...address.strangers, ...dhcp.strangers] }
    : { silent: true, probes: { address: address.result, dhcp: dhcp.result } };
}

interface Judgement {
  readonly result: ProbeResult;
  readonly heard: readonly string[];
  readonly strangers: readonly string[];
}

const silent: Judgement = { result: "silent", heard: [], strangers: [] };

function impossible(why: string): Judgement {
  return { ...silent, result: `not possible: ${why}` };
}

function pending(why: string): Judgement {
  return { ...silent, heard: [why] };
}

function judgeAddress(
  endpoint: string,
  { link, address }: WireState,
  goneAt: number,
  known: KnownOwners,
): Judgement {
  const { round, unheldSince, confirmedAt = -Infinity } = address;
  if (unheldSince !== undefined && confirmedAt >= goneAt) {
    return silent;
  }
  if (!round || round.startedAt < goneAt) {
    const stranger = round && strangerAt(endpoint, round.mac, known);
    return stranger
      ? { ...silent, heard: [stranger], strangers: [stranger] }
      : pending(`asking for ${endpoint}`);
  }
  const by = round.mac === undefined ? "somebody" : `MAC address ${round.mac}`;
  const heard = [...round.ports].flatMap(([port, { kind }]) =>
    describeAnswer(endpoint, port, kind, by, link),
  );
  if (heard.length === 0) {
    return impossible("connections get no answer, which a firewall on the way does too");
  }
  const stranger = strangerAt(endpoint, round.mac, known);
  return { ...silent, heard, strangers: stranger ? [`${stranger}: ${heard.join("; ")}`] : [] };
}

function describeAnswer(
  endpoint: string,
  port: number,
  kind: AddressAnswer["kind"],
  by: string,
  link: OnLink | undefined,
): string[] {
  switch (kind) {
    case "open":
      return [`${endpoint}:${port} accepts connections (${by})`];
    case "refused":
      return [`${endpoint} is still held by ${by} (port ${port} is refused)`];
    case "timeout":
      // On the same network this means that the address has, or had a moment ago, an owner.
      return link
        ? [`${endpoint} may still be held by ${by} (no answer on port ${port}, but no "unreachable" either)`]
        : [];
    case "nobody":
      return [];
  }
}

/** The address answers from another machine than the one it was taken from. */
function strangerAt(endpoint: string, mac: string | undefined, known: KnownOwners): string | undefined {
  return mac !== undefined && known.mac !== undefined && mac !== known.mac
    ? `${endpoint} is held by MAC address ${mac}, which is not the source's (${known.mac})`
    : undefined;
}

function judgeDhcp(
  endpoint: string,
  { link, dhcp }: WireState,
  goneAt: number,
  now: number,
  known: KnownOwners,
): Judgement {
  if (!link || dhcp === undefined) {
    return impossible("this machine has no interface on the provisioning network");
  }
  if (dhcp instanceof Error) {
    return impossible(errorText(dhcp));
  }
  const strangers = strangeServers(endpoint, dhcp.heard, known);
  if (strangers.length > 0) {
    return { ...silent, heard: strangers, strangers };
  }
  const late = dhcp.heard.filter(({ at }) => at >= goneAt && now - at < quietSeconds * 1000);
  if (late.length > 0) {
    return { ...silent, heard: [...new Set(late.map(offerText))] };
  }
  const quiet = dhcpQuiet(dhcp.asked, dhcp.heard, goneAt, now);
  return quiet.quietSeconds >= quietSeconds && quiet.unansweredSeconds >= confirmSeconds
    ? silent
    : pending("listening for DHCP offers");
}

/** DHCP servers that are neither cluster's, a line for each; none where it is not known who may answer. */
export function strangeServers(
  endpoint: string,
  offers: readonly DhcpOffer[],
  { servers }: KnownOwners,
): string[] {
  if (!servers) {
    return [];
  }
  const strange = offers.filter(
    ({ server, nextServer }) => server !== endpoint && nextServer !== endpoint && !servers.has(server),
  );
  return [...new Set(strange.map((offer) => `${offerText(offer)} and belongs to neither cluster`))];
}

function offerText({ server, address }: DhcpOffer): string {
  return `DHCP server ${server} offers ${address}`;
}
