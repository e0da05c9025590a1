import pMap from "p-map";
import { ironicPorts } from "../ironicHandover/waitForSilence";
import type { RetireSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { credentialsFrom, ironicEndpoint, ironicRequest } from "../shared/ironicApi";
import { type IronicNode, listNodes, nodeName } from "../shared/ironicNodes";
import { waitFor } from "../shared/waitFor";

/** What the nodes say of the wiping. */
export interface WipeProgress {
  /** To be told to clean themselves now. */
  readonly start: readonly IronicNode[];
  /** What is not wiped yet, in words, one each. */
  readonly missing: readonly string[];
  /** What failed, one each. */
  readonly failed: readonly string[];
}

/**
 * Judges how far hosts are wiped. A node that was registered and inspected is "manageable": nothing was erased. It is cleaned
 * on the way to "available". Pure.
 *
 * @param namespace Namespace of the hosts.
 */
export function assessWipe(
  nodes: readonly IronicNode[],
  namespace: string,
  hosts: readonly string[],
): WipeProgress {
  const start: IronicNode[] = [];
  const missing: string[] = [];
  const failed: string[] = [];
  for (const host of hosts) {
    const node = nodes.find(({ name }) => name === nodeName(namespace, host));
    const state = node?.provision_state;
    if (node && state === "manageable") {
      start.push(node);
    } else if (state === "clean failed") {
      failed.push(`${host}: ${node?.last_error ?? "cleaning failed, no reason given"}`);
    }
    if (state !== "available") {
      missing.push(`${host} ${state ?? "is not registered"}`);
    }
  }
  return { start, missing, failed };
}

/** Lets Ironic wipe hosts that were registered anew: only what it has written itself is wiped without being asked for. */
export async function wipeHosts(context: Context, { config }: RetireSettings): Promise<void> {
  const { namespace, network, timeouts } = config;
  const endpoint = ironicEndpoint(network.ironicIP, ironicPorts[0]);
  const login = credentialsFrom(context);
  const names = config.hosts.map(({ name }) => name);
  const provide = (uuid: string) =>
    ironicRequest(endpoint, login, context.signal, {
      path: `/nodes/${uuid}/states/provision`,
      method: "PUT",
      content: { target: "provide" },
    });
  await waitFor(context, {
    what: `hosts ${names.join(", ")} to be wiped`,
    limitSeconds: timeouts.hostsAvailable,
    intervalSeconds: 2,
    poll: async () => {
      const nodes = await listNodes(endpoint, login, context.signal);
      const { start, missing, failed } = assessWipe(nodes, namespace, names);
      if (failed.length > 0) {
        throw new LifecycleFailure("Ironic cannot wipe every host", {
          evidence: failed,
          remedy: "mend what is named and run `pulumi destroy` again; or wipe these disks by hand",
        });
      }
      // A node that the operator is looking at just now is locked for a moment; it is asked again.
      await pMap(start, ({ uuid }) => provide(uuid).catch(() => undefined), { concurrency: 16 });
      return missing.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: missing.join(" | ") };
    },
    remedy: "a host that stays does not boot Ironic's RAM disk: look at its console",
  });
}
