import type { IronicHandoverResult } from "../inputs/ironicHandover";
import type { Context } from "../shared/context";
import { runTool } from "../shared/tools";
import { waitFor } from "../shared/waitFor";
import { onLinkInterface, probeAddress, probeDhcp } from "./probes";
import { judgeSilence, type NetworkAnswers } from "./silence";

/** Ports of Ironic's API and its image server, on which nobody may answer. */
export const ironicPorts = [6385, 6180] as const;

/** Seconds for the address to be given up and leases' server to fall silent, after the pods are gone. */
const silenceSeconds = 120;

/** Where silence is wanted. */
export interface SilenceScope {
  /** The Ironic endpoint address. */
  readonly ironicIP: string;
  /** Ports on which nobody may answer. */
  readonly ports: readonly number[];
  /** Container network on which the hosts boot; for messages. */
  readonly network: string;
}

/** Waits until nobody answers on the endpoint address, and nobody answers a DHCP discover. */
export async function waitForSilence(
  context: Context,
  scope: SilenceScope,
): Promise<IronicHandoverResult["probes"]> {
  return waitFor(context, {
    what: `silence at ${scope.ironicIP} and of DHCP on ${scope.network}`,
    limitSeconds: silenceSeconds,
    poll: async () => {
      const silence = judgeSilence(scope.ironicIP, await listen(context, scope));
      return silence.silent
        ? { done: true, value: silence.probes }
        : { done: false, state: silence.heard.join("; ") };
    },
    remedy:
      "two Ironics or two DHCP servers on one network wipe hosts, so no other is started: find out who answers. An address that stays after its keepalived was killed must be removed from that node's interface",
  });
}

async function listen(context: Context, { ironicIP, ports }: SilenceScope): Promise<NetworkAnswers> {
  const link = onLinkInterface(ironicIP);
  if (link) {
    // What the kernel remembers of the address's last owner would take ten seconds to be found wrong.
    await runTool(context, "ip", ["neigh", "flush", "to", ironicIP, "dev", link.name], {
      allowFailure: true,
    }).catch(() => undefined);
  }
  const [answers, dhcp] = await Promise.all([
    Promise.all(
      ports.map(async (port) => [port, await probeAddress(ironicIP, port, context.signal)] as const),
    ),
    link ? probeDhcp(link, context.signal).catch((error: Error) => error) : undefined,
  ]);
  return { link, ports: new Map(answers), dhcp };
}
