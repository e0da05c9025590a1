import type { IronicHandoverResult } from "../inputs/ironicHandover";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { waitFor } from "../shared/waitFor";
import { AddressWatch } from "./addressWatch";
import type { DhcpOffer } from "./dhcp";
import { DhcpWatch } from "./dhcpWatch";
import { askNeighbour } from "./neighbours";
import { type OnLink, onLinkInterface } from "./probes";
import { judgeSilence, type KnownOwners, type WireState } from "./silence";

/** Ports of Ironic's API and its image server, on which nobody may answer. */
export const ironicPorts = [6385, 6180] as const;

/** Seconds for the address to be given up and leases' server to fall silent, after the pods are gone. */
const defaultSilenceSeconds = 60;
const lookSeconds = 0.2;

/** Where silence is wanted. */
export interface SilenceScope {
  /** The Ironic endpoint address. */
  readonly ironicIP: string;
  /** Ports on which nobody may answer. */
  readonly ports: readonly number[];
  /** Container network on which the hosts boot; for messages. */
  readonly network: string;
  /** Seconds for everybody to fall silent after the source's pods are gone. Default 60. */
  readonly silenceSeconds?: number;
}

/** What is known of the source. */
export interface SilenceOptions {
  /**
   * The stop of the source that is under way; ends when its pods are gone. The network is watched meanwhile, so that little of
   * the proof is left to do then. Default: they are gone.
   */
  readonly stopping?: Promise<unknown>;
  readonly known?: KnownOwners;
}

/**
 * Waits until nobody answers on the endpoint address, and nobody answers a DHCP discover.
 *
 * @throws LifecycleFailure at once when a third party answers, which is one that `known` tells from the source; after a
 * while when somebody does not fall silent.
 */
export async function waitForSilence(
  context: Context,
  scope: SilenceScope,
  { stopping = Promise.resolve(), known }: SilenceOptions = {},
): Promise<IronicHandoverResult["probes"]> {
  // It is looked at below, which may be after it has failed.
  stopping.catch(() => undefined);
  const link = onLinkInterface(scope.ironicIP);
  const dhcp = link && (await DhcpWatch.open(link).catch((error: Error) => error));
  const address = AddressWatch.start(context, { address: scope.ironicIP, ports: scope.ports, link });
  const look = (): WireState => ({
    link,
    address: address.state,
    dhcp: dhcp instanceof DhcpWatch ? { asked: dhcp.asked, heard: dhcp.heard } : dhcp,
  });
  try {
    await stopping;
    const goneAt = Date.now();
    return await waitFor(context, {
      what: `silence at ${scope.ironicIP} and of DHCP on ${scope.network}`,
      limitSeconds: scope.silenceSeconds ?? defaultSilenceSeconds,
      intervalSeconds: lookSeconds,
      poll: async () => {
        const wire = look();
        const silence = judgeSilence(scope.ironicIP, wire, goneAt, Date.now(), known);
        if (silence.silent) {
          return { done: true, value: silence.probes };
        }
        if (silence.strangers.length > 0) {
          const offers = dhcp instanceof DhcpWatch ? dhcp.heard : [];
          throw await thirdParty(context, silence.strangers, offers, link);
        }
        return { done: false, state: silence.heard.join("; ") };
      },
      remedy:
        "two Ironics or two DHCP servers on one network wipe hosts, so no other is started: find out who answers. An address that stays after its keepalived was killed must be removed from that node's interface",
    });
  } finally {
    if (dhcp instanceof DhcpWatch) {
      dhcp.close();
    }
    address.close();
  }
}

/** The failure that names a third party, with the MAC addresses of its DHCP servers. */
export async function thirdParty(
  context: Context,
  strangers: readonly string[],
  offers: readonly DhcpOffer[],
  link: OnLink | undefined,
): Promise<LifecycleFailure> {
  const servers = [...new Set(offers.map(({ server }) => server))].filter((server) =>
    strangers.some((line) => line.includes(`DHCP server ${server} `)),
  );
  const evidence = await Promise.all(
    servers.map(async (server) => {
      const mac = link && (await askNeighbour(context, server, link));
      return `DHCP server ${server} has ${mac === undefined ? "a MAC address that it does not tell" : `MAC address ${mac}`}`;
    }),
  );
  return new LifecycleFailure(
    `a third party answers on the provisioning network, so no Ironic is started: ${strangers.join("; ")}`,
    {
      evidence,
      remedy:
        "two Ironics or two DHCP servers on one network wipe hosts: find the machine by its MAC address (the switch knows its port), stop what answers there, and run again. Nothing was moved",
    },
  );
}
