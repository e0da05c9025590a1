import pMap from "p-map";
import { z } from "zod";
import { ironicPorts } from "../ironicHandover/waitForSilence";
import type { RetireSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { credentialsFrom, ironicEndpoint, ironicRequest } from "../shared/ironicApi";
import { waitFor } from "../shared/waitFor";

const nodesSchema = z.object({
  nodes: z.array(
    z.object({
      uuid: z.string(),
      name: z.string().nullish(),
      provision_state: z.string(),
      last_error: z.string().nullish(),
    }),
  ),
});

/** A host as Ironic knows it. */
export type IronicNode = z.output<typeof nodesSchema>["nodes"][number];

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
 * @param namespace Namespace of the hosts; the operator calls a node `<namespace>~<host>`.
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
    const node = nodes.find(({ name }) => name === `${namespace}~${host}`);
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
  const ask = async (path: string, content?: object) => {
    const method = content === undefined ? "GET" : "PUT";
    const { status, text } = await ironicRequest(endpoint, login, context.signal, { path, method, content });
    if (status >= 300) {
      throw new Error(`Ironic answers HTTP ${status} to ${method} ${path}: ${text.slice(0, 300)}`);
    }
    return text;
  };
  await waitFor(context, {
    what: `hosts ${names.join(", ")} to be wiped`,
    limitSeconds: timeouts.hostsAvailable,
    intervalSeconds: 2,
    poll: async () => {
      const answer = await ask("/nodes?fields=uuid,name,provision_state,last_error");
      const { start, missing, failed } = assessWipe(
        nodesSchema.parse(JSON.parse(answer)).nodes,
        namespace,
        names,
      );
      if (failed.length > 0) {
        throw new LifecycleFailure("Ironic cannot wipe every host", {
          evidence: failed,
          remedy: "mend what is named and run `pulumi destroy` again; or wipe these disks by hand",
        });
      }
      // A node that the operator is looking at just now is locked for a moment; it is asked again.
      await pMap(
        start,
        ({ uuid }) => ask(`/nodes/${uuid}/states/provision`, { target: "provide" }).catch(() => undefined),
        { concurrency: 16 },
      );
      return missing.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: missing.join(" | ") };
    },
    remedy: "a host that stays does not boot Ironic's RAM disk: look at its console",
  });
}
