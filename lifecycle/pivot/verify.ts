import { type Inventory, readInventory } from "../inventory/read";
import { clusterEvidence } from "../machines/evidence";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";
import { assessArrival } from "./arrival";
import type { MoveScope } from "./clusterJournal";
import type { MovePlan } from "./plan";
import { wakeControllers } from "./wake";

/** Calls to the target's controllers to look at what has arrived, and the seconds between them. More are of no use. */
const wakeCalls = 4;
const wakeSeconds = 4;

/** What is verified, and how patiently. */
export interface Verification {
  readonly scope: MoveScope;
  /** Unset when the source does not answer any more. */
  readonly source?: KubeClient;
  readonly target: KubeClient;
  /** The moved cluster itself, which has the nodes. */
  readonly itself: KubeClient;
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
  const { source, target, itself, planned } = verification;
  const { namespace, clusterName } = verification.scope;
  let wokenAt = 0;
  let calls = 0;
  let contentSince: number | undefined;
  return waitFor(context, {
    what: "the target to own everything as it was",
    limitSeconds: verification.limitSeconds,
    intervalSeconds: 1,
    poll: async () => {
      const [left, arrived, nodes] = await Promise.all([
        source && readInventory(source, namespace, clusterName),
        readInventory(target, namespace, clusterName),
        itself.list(types.node),
      ]);
      const reasons = assessArrival({ source: left, target: arrived, nodes, planned });
      if (reasons.length === 0) {
        contentSince ??= Date.now();
        return Date.now() - contentSince >= verification.settleSeconds * 1000
          ? { done: true, value: arrived }
          : { done: false, state: "everything is as it was; watching whether it stays so" };
      }
      contentSince = undefined;
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
