import type { ProbeResult } from "../inputs/ironicHandover";
import { errorText } from "../shared/failure";
import type { DhcpOffer } from "./dhcp";
import type { AddressAnswer, OnLink } from "./probes";

/** One look at the provisioning network after the source's Ironic was stopped. */
export interface NetworkAnswers {
  /** Interface of this machine on the network, when there is one. */
  readonly link?: OnLink;
  /** Answers of the endpoint address by port. */
  readonly ports: ReadonlyMap<number, AddressAnswer>;
  /** What a DHCP discover brought; an Error when it could not be sent. */
  readonly dhcp: DhcpOffer | Error | undefined;
}

/** What the answers mean. */
export type Silence =
  | { readonly silent: true; readonly probes: { readonly address: ProbeResult; readonly dhcp: ProbeResult } }
  | { readonly silent: false; readonly heard: readonly string[] };

/** Judges the answers. A probe that cannot be made proves nothing, and is reported as such. */
export function judgeSilence(endpoint: string, { link, ports, dhcp }: NetworkAnswers): Silence {
  const heard: string[] = [];
  for (const [port, { kind }] of ports) {
    if (kind === "open") {
      heard.push(`${endpoint}:${port} accepts connections`);
    } else if (kind === "refused") {
      heard.push(`${endpoint} is still held by somebody (port ${port} is refused)`);
    } else if (kind === "timeout" && link) {
      // On the same network this means that the address has, or had a moment ago, an owner.
      heard.push(
        `${endpoint} may still be held by somebody (no answer on port ${port}, but no "unreachable" either)`,
      );
    }
  }
  if (dhcp && !(dhcp instanceof Error)) {
    heard.push(`DHCP server ${dhcp.server} offers ${dhcp.address}`);
  }
  if (heard.length > 0) {
    return { silent: false, heard };
  }
  const notOnLink = "not possible: this machine has no interface on the provisioning network" as const;
  const unowned = [...ports.values()].every(({ kind }) => kind === "nobody");
  return {
    silent: true,
    probes: {
      address: unowned
        ? "silent"
        : "not possible: connections get no answer, which a firewall on the way does too",
      dhcp: !link ? notOnLink : dhcp instanceof Error ? `not possible: ${errorText(dhcp)}` : "silent",
    },
  };
}
