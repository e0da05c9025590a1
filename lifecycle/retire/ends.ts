import { kindClusters } from "../bootstrapTeardown/kindCluster";
import type { WhereaboutsSettings } from "../inputs/retire";
import { readInventory } from "../inventory/read";
import { classify, type MovePhase } from "../pivot/classify";
import { readJournal } from "../pivot/clusterJournal";
import { readPlan } from "../pivot/journal";
import { choosePlan, keysUnderWay, type MovePlan } from "../pivot/plan";
import { answersSoon, sideOf } from "../pivot/survey";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { secretValue } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import {
  readManagementKubeconfig,
  readPivotMarker,
  readRememberedTarget,
} from "../shared/managementKubeconfig";
import { isReleased, returnStackName } from "./journal";
import type { Facts } from "./whereabouts";

/** Both clusters as a release finds them. */
export interface Ends {
  readonly facts: Facts;
  /** Kubeconfig of the target, when there is one. */
  readonly targetKubeconfig?: string;
}

/** Seconds after which a cluster that is needed counts as gone. */
export const patienceSeconds = 60;
/** The same for one of which it is known that it is gone, or that has nothing that is needed. */
const glanceSeconds = 5;

/**
 * Looks for the stack's objects; writes nothing.
 *
 * @param target Kubeconfig of the target that the state keeps, since this checkout may have none. Default: the one that
 * `remember-target` has written down.
 */
export async function findEnds(context: Context, input: WhereaboutsSettings, target?: string): Promise<Ends> {
  const { stack, config } = input;
  const returnStack = returnStackName(stack);
  const [released, returned, marker, plan, remembered] = await Promise.all([
    isReleased(stack),
    readPivotMarker(returnStack),
    readPivotMarker(stack),
    readPlan(stack, config.clusterName),
    target ?? readRememberedTarget(stack),
  ]);
  const known = {
    released,
    returned: returned !== undefined,
    pivoted: marker !== undefined,
    planned: keysUnderWay(plan) !== undefined,
    returnAnswers: false,
    bootstrapAnswers: false,
    targetAnswers: undefined,
  };
  if (known.released) {
    return { facts: known };
  }
  if (known.returned) {
    const kubeconfig = await readManagementKubeconfig(returnStack);
    const returnAnswers = (await answers(context, "bootstrap", kubeconfig)) === true;
    return { facts: { ...known, returnAnswers } };
  }
  if (known.pivoted) {
    const targetKubeconfig = (await readManagementKubeconfig(stack)) ?? remembered;
    const targetAnswers = await answers(context, "target", targetKubeconfig);
    return { facts: { ...known, targetAnswers }, targetKubeconfig };
  }
  return findBeforeThePivot(context, input, known, plan, remembered);
}

/** No pivot was verified, so that the bootstrap cluster of the bring-up has the objects, unless a move was interrupted. */
async function findBeforeThePivot(
  context: Context,
  { config }: WhereaboutsSettings,
  known: Facts,
  plan: MovePlan | undefined,
  remembered: string | undefined,
): Promise<Ends> {
  const { namespace, clusterName } = config;
  const source = KubeClient.fromKubeconfig("bootstrap", secret(context, "SOURCE_KUBECONFIG"), context.signal);
  // Without its containers it will not answer in a minute either.
  const exists = (await kindClusters(context)).includes(config.bootstrap.name);
  try {
    const bootstrapAnswers = await answersSoon(context, source, exists ? patienceSeconds : glanceSeconds);
    const found = bootstrapAnswers ? await readJournal(source, { namespace, clusterName }) : undefined;
    const planned = keysUnderWay(choosePlan([plan, found])) !== undefined;
    const facts = { ...known, bootstrapAnswers, planned };
    const targetKubeconfig =
      (bootstrapAnswers ? await kubeconfigOfTarget(source, namespace, clusterName) : undefined) ?? remembered;
    if (targetKubeconfig === undefined) {
      return { facts };
    }
    const target = KubeClient.fromKubeconfig("target", targetKubeconfig, context.signal);
    try {
      const needed = planned || !bootstrapAnswers;
      const targetAnswers = await answersSoon(context, target, needed ? patienceSeconds : glanceSeconds);
      if (!targetAnswers) {
        return { facts: { ...facts, targetAnswers }, targetKubeconfig };
      }
      const plans = [plan, found, await readJournal(target, { namespace, clusterName })];
      const phase = await phaseOfMove(
        bootstrapAnswers ? source : undefined,
        target,
        config,
        choosePlan(plans),
      );
      return { facts: { ...facts, targetAnswers, phase }, targetKubeconfig };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function phaseOfMove(
  source: KubeClient | undefined,
  target: KubeClient,
  { namespace, clusterName }: WhereaboutsSettings["config"],
  plan: MovePlan | undefined,
): Promise<MovePhase> {
  const [onSource, onTarget] = await Promise.all([
    source && readInventory(source, namespace, clusterName),
    readInventory(target, namespace, clusterName),
  ]);
  return classify(
    onSource && sideOf(onSource),
    sideOf(onTarget),
    plan?.namespace === namespace ? keysUnderWay(plan) : undefined,
  ).phase;
}

/** Whether a cluster that has what is needed answers; undefined when there is no kubeconfig of it. */
async function answers(
  context: Context,
  name: string,
  kubeconfig: string | undefined,
): Promise<boolean | undefined> {
  if (kubeconfig === undefined) {
    return undefined;
  }
  return KubeClient.use(name, kubeconfig, context.signal, (client) =>
    answersSoon(context, client, patienceSeconds),
  );
}

/** The kubeconfig that the control plane provider keeps for the cluster. */
async function kubeconfigOfTarget(
  source: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<string | undefined> {
  const secret = await source.find({ ...types.secret, namespace, name: `${clusterName}-kubeconfig` });
  return secretValue(secret, "value");
}
