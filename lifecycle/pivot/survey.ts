import { type Inventory, readInventory } from "../inventory/read";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { waitFor } from "../shared/waitFor";
import { type Classification, classify, type Side } from "./classify";
import type { MovePlan } from "./journal";

/** Both clusters as they are, and what that means. */
export interface Survey extends Classification {
  /** Undefined when the source is gone. */
  readonly source?: Inventory;
  readonly target: Inventory;
}

/** What a survey is about. */
export interface SurveyScope {
  readonly namespace: string;
  readonly clusterName: string;
}

/** Seconds after which a source that does not answer counts as gone. */
const sourcePatienceSeconds = 20;

/** Whether the cluster answers within a short while. */
export async function answersSoon(
  context: Context,
  client: KubeClient,
  seconds = sourcePatienceSeconds,
): Promise<boolean> {
  const until = Date.now() + seconds * 1000;
  do {
    if (await client.isReady()) {
      return true;
    }
    context.progress(`the API server of the ${client.name} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    context.signal.throwIfAborted();
  } while (Date.now() < until);
  return false;
}

/** Reads both clusters and classifies the move. */
export async function survey(
  context: Context,
  source: KubeClient,
  target: KubeClient,
  scope: SurveyScope,
  plan: MovePlan | undefined,
): Promise<Survey> {
  const { namespace, clusterName } = scope;
  const targetInventory = await waitFor(context, {
    what: "the target's API server",
    limitSeconds: 120,
    poll: async () => ({ done: true, value: await readInventory(target, namespace, clusterName) }),
    remedy: "the objects can only be moved to a target that answers",
  });
  const sourceInventory = (await answersSoon(context, source))
    ? await readInventory(source, namespace, clusterName)
    : undefined;
  return {
    source: sourceInventory,
    target: targetInventory,
    ...classify(
      sourceInventory && sideOf(sourceInventory),
      sideOf(targetInventory),
      plan && plan.namespace === namespace ? new Set(plan.keys) : undefined,
    ),
  };
}

/** What the classification needs of an inventory. */
export function sideOf(inventory: Inventory): Side {
  return {
    keys: inventory.keys,
    cluster: inventory.cluster === undefined ? "absent" : inventory.paused ? "paused" : "running",
  };
}
