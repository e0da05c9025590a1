import { type Inventory, readInventory } from "../inventory/read";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";
import { type Classification, classify, missing, type Side } from "./classify";
import { journalNamespace, type MoveScope, readJournal } from "./clusterJournal";
import { choosePlan, type Ends, isPlanOf, isUnderWayElsewhere, keysUnderWay, type MovePlan } from "./plan";

/** The two clusters of a move, as far as they answer. */
export interface Reached {
  readonly ends: Ends;
  readonly sourceAnswers: boolean;
  /** The plan of an attempt of this move, from wherever it was kept. */
  readonly plan?: MovePlan;
  /** The plan of an unfinished move off the same source to another target, as the source's journal has it. */
  readonly elsewhere?: MovePlan;
}

/** Both clusters as they are, and what that means. */
export interface Survey extends Classification {
  /** Undefined when the source is gone. */
  readonly source?: Inventory;
  readonly target: Inventory;
}

/** Seconds after which a source that does not answer counts as gone. */
const sourcePatienceSeconds = 20;
/** The same while a move is not known to be over: then going on without a source that only pauses would leave things there. */
const unfinishedPatienceSeconds = 120;

/** Whether the cluster answers within a short while. */
export async function answersSoon(
  context: Context,
  client: KubeClient,
  seconds = sourcePatienceSeconds,
): Promise<boolean> {
  const begin = Date.now();
  const until = begin + seconds * 1000;
  do {
    if (await client.isReady()) {
      return true;
    }
    const asked = Math.floor((Date.now() - begin) / 1000);
    context.progress(`the API server of the ${client.name} does not answer (${asked} of ${seconds} s)`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    context.signal.throwIfAborted();
  } while (Date.now() < until);
  return false;
}

/**
 * Finds out which clusters answer, who they are, and what is planned.
 *
 * @param kept The plan in the state folder, if there is one.
 */
export async function reach(
  context: Context,
  source: KubeClient,
  target: KubeClient,
  scope: MoveScope,
  kept: MovePlan | undefined,
): Promise<Reached> {
  const [onTarget, sourceAtOnce] = await Promise.all([
    waitFor(context, {
      what: "the target's API server",
      limitSeconds: 120,
      poll: async () => ({ done: true, value: await identify(target, scope) }),
      remedy: "the objects can only be moved to a target that answers",
    }),
    answersSoon(context, source),
  ]);
  const isOver = [kept, onTarget.plan].some(
    (plan) => plan?.verifiedAt !== undefined && isPlanOf(plan, scope, { target: onTarget.uid }),
  );
  const sourceAnswers =
    sourceAtOnce || (!isOver && (await answersSoon(context, source, unfinishedPatienceSeconds)));
  const onSource = sourceAnswers ? await identify(source, scope) : undefined;
  const ends = { source: onSource?.uid, target: onTarget.uid };
  const plans = [kept, onTarget.plan, onSource?.plan];
  const onlyOnSource = onSource?.plan;
  return {
    ends,
    sourceAnswers,
    plan: choosePlan(plans.filter((plan) => plan && isPlanOf(plan, scope, ends))),
    elsewhere: onlyOnSource && isUnderWayElsewhere(onlyOnSource, scope, ends) ? onlyOnSource : undefined,
  };
}

/** Who a cluster is, and what its journal says. */
export async function identify(
  client: KubeClient,
  scope: MoveScope,
): Promise<{ uid: string; plan?: MovePlan }> {
  const [namespace, plan] = await Promise.all([
    client.get({ ...types.namespace, name: journalNamespace }),
    readJournal(client, scope),
  ]);
  return { uid: text(namespace, "metadata", "uid") ?? "", plan };
}

/** Reads both clusters and classifies the move. */
export async function survey(
  context: Context,
  source: KubeClient,
  target: KubeClient,
  scope: MoveScope,
  { sourceAnswers, plan, elsewhere }: Reached,
): Promise<Survey> {
  const { namespace, clusterName } = scope;
  const [onSource, onTarget] = await waitFor(context, {
    what: "the inventories of both clusters",
    limitSeconds: 120,
    poll: async () => ({
      done: true,
      value: await Promise.all([
        sourceAnswers ? readInventory(source, namespace, clusterName) : undefined,
        readInventory(target, namespace, clusterName),
      ]),
    }),
    remedy: "both clusters answered a moment ago; run again when they do so steadily",
  });
  return {
    source: onSource,
    target: onTarget,
    ...(lostElsewhere(elsewhere, [...(onSource?.keys ?? []), ...onTarget.keys]) ??
      classify(onSource && sideOf(onSource), sideOf(onTarget), keysUnderWay(plan))),
  };
}

/** What was moved to another cluster and is not here. Without it the source would be taken for complete. */
function lostElsewhere(plan: MovePlan | undefined, here: readonly string[]): Classification | undefined {
  const lost = missing(new Set(plan?.keys), new Set(here));
  return plan && lost.length > 0
    ? {
        phase: "broken",
        odd: lost,
        why: `a move to another cluster (${plan.ends?.target}) was begun at ${plan.movingSince} and did not end, and these objects went there`,
      }
    : undefined;
}

/** What the classification needs of an inventory. */
export function sideOf(inventory: Inventory): Side {
  return {
    keys: inventory.keys,
    cluster: inventory.cluster === undefined ? "absent" : inventory.paused ? "paused" : "running",
  };
}
