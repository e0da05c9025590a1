import { type Inventory, readInventory } from "../inventory/read";
import { clusterEvidence } from "../machines/evidence";
import { refOf } from "../inventory/graph";
import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import type { IronicNode } from "../shared/ironicNodes";
import type { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { wake, WakeLimit } from "../shared/kube/wake";
import { waitFor } from "../shared/waitFor";
import { assessArrival } from "./arrival";
import type { MoveScope } from "./clusterJournal";
import { assessNodes, type NodesVerdict } from "./nodesInIronic";
import type { MovePlan } from "./plan";
import { wakeControllers } from "./wake";

/** Calls to the target's controllers to look at what has arrived, and the seconds between them. More are of no use. */
const wakeCalls = 4;
const wakeSeconds = 4;
/** Hosts for which the operator is called to adopt their nodes; a larger inventory is left to its own pace. */
const fewHosts = 10;

/** What is verified, and how patiently. */
export interface Verification {
  readonly scope: MoveScope;
  /** Unset when the source does not answer any more. */
  readonly source?: KubeClient;
  readonly target: KubeClient;
  /** The moved cluster itself, which has the nodes. */
  readonly itself: KubeClient;
  /** Reads the nodes of the Ironic that manages the hosts now; unset where there is none to ask. */
  readonly ironic?: () => Promise<IronicNode[]>;
  /** What was noted before the move; unset when that is not known or was verified before. */
  readonly planned?: MovePlan;
  readonly limitSeconds: number;
  /** For so long nothing may change for the worse: no machine is new, nothing reboots. */
  readonly settleSeconds: number;
}

/**
 * Waits until the world is as it was, with another owner, and stays so. Controllers are woken, so that each has reconciled
 * what it was given: statuses do not move, so that those seen here were written by the target's controllers.
 */
export async function verifyArrival(context: Context, verification: Verification): Promise<Inventory> {
  const { source, target, itself, planned, ironic } = verification;
  const { namespace, clusterName } = verification.scope;
  const adoption = new WakeLimit(2, 30);
  let wokenAt = 0;
  let calls = 0;
  let contentSince: number | undefined;
  return waitFor(context, {
    what: "the target to own everything as it was",
    limitSeconds: verification.limitSeconds,
    intervalSeconds: 0.5,
    poll: async () => {
      const [left, arrived, nodes, inIronic] = await Promise.all([
        source && readInventory(source, namespace, clusterName),
        readInventory(target, namespace, clusterName),
        itself.list(types.node),
        ironic && nodesOf(context, ironic),
      ]);
      const registered = assessRegistration(arrived, inIronic);
      const reasons = [
        ...assessArrival({ source: left, target: arrived, nodes, planned }),
        ...registered.reasons,
      ];
      if (reasons.length === 0) {
        contentSince ??= Date.now();
        return Date.now() - contentSince >= verification.settleSeconds * 1000
          ? { done: true, value: arrived }
          : { done: false, state: "everything is as it was; watching whether it stays so" };
      }
      contentSince = undefined;
      const { waiting } = registered;
      if (waiting.length > 0 && waiting.length <= fewHosts && adoption.take()) {
        await Promise.all(waiting.map((host) => wake(target, refOf(host))));
      }
      if (!arrived.paused && calls < wakeCalls && Date.now() - wokenAt >= wakeSeconds * 1000) {
        await wakeControllers(target, arrived.moving);
        wokenAt = Date.now();
        calls++;
      }
      return { done: false, state: reasons.join("; ") };
    },
    evidence: () => clusterEvidence(target, namespace, clusterName),
    remedy:
      "the objects are on the target; mend what is named above and run `pulumi up` again: it goes on from here",
  });
}

/** The nodes, or why they cannot be had, which is a state like any other: Ironic may be starting again. */
async function nodesOf(
  context: Context,
  ironic: () => Promise<IronicNode[]>,
): Promise<IronicNode[] | string> {
  try {
    return await ironic();
  } catch (error) {
    context.signal.throwIfAborted();
    return `Ironic cannot be asked for its nodes: ${errorText(error)}`;
  }
}

function assessRegistration(arrived: Inventory, nodes: IronicNode[] | string | undefined): NodesVerdict {
  const hosts = arrived.moving.filter(({ kind }) => kind === types.bareMetalHost.kind);
  if (nodes === undefined || hosts.length === 0) {
    return { reasons: [], waiting: [] };
  }
  return typeof nodes === "string" ? { reasons: [nodes], waiting: [] } : assessNodes(hosts, nodes);
}
