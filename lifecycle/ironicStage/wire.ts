import { DhcpWatch } from "../ironicHandover/dhcpWatch";
import { nodeAddresses } from "../ironicHandover/ends";
import { onLinkInterface } from "../ironicHandover/probes";
import { quietSeconds, strangeServers } from "../ironicHandover/silence";
import { thirdParty } from "../ironicHandover/waitForSilence";
import { type Context, pause } from "../shared/context";
import { errorText } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";

/**
 * Listens for DHCP servers that belong to neither cluster while the source's Ironic still works: they are found before
 * anything is stopped.
 *
 * @throws LifecycleFailure that names them.
 */
export async function findStrangers(
  context: Context,
  scope: { readonly ironicIP: string; readonly network: string },
  clusters: readonly KubeClient[],
): Promise<void> {
  const link = onLinkInterface(scope.ironicIP);
  if (!link) {
    context.progress("DHCP is not looked at: this machine has no interface on the provisioning network");
    return;
  }
  const servers = await nodeAddresses(clusters);
  const watch = await DhcpWatch.open(link).catch((error: Error) => error);
  if (watch instanceof Error) {
    context.progress(`DHCP is not looked at: ${errorText(watch)}`);
    return;
  }
  try {
    await pause(context, quietSeconds);
  } finally {
    watch.close();
  }
  const strangers = strangeServers(scope.ironicIP, watch.heard, { servers });
  if (strangers.length > 0) {
    throw await thirdParty(context, strangers, watch.heard, link);
  }
  const heard = [...new Set(watch.heard.map(({ server }) => server))];
  context.progress(`DHCP servers on ${scope.network}: ${heard.join(", ") || "none answers"}`);
}
