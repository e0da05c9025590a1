import type { RetireSettings } from "../inputs/retire";
import { readInventory } from "../inventory/read";
import { classify } from "../pivot/classify";
import { readPlan } from "../pivot/journal";
import { keysUnderWay } from "../pivot/plan";
import { answersSoon, sideOf } from "../pivot/survey";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { readManagementKubeconfig, readPivotMarker } from "../shared/managementKubeconfig";
import { returnStackName } from "./bootstrapAgain";
import type { Facts } from "./whereabouts";

/** Both clusters as a release finds them. */
export interface Ends {
  readonly facts: Facts;
  /** Kubeconfig of the target, when there is one. */
  readonly targetKubeconfig?: string;
}

/** Seconds after which a cluster that is needed counts as gone. */
const patienceSeconds = 60;

/** Looks for the stack's objects; writes nothing. */
export async function findEnds(context: Context, { stack, config }: RetireSettings): Promise<Ends> {
  const { namespace, clusterName } = config;
  const [returned, marker, plan] = await Promise.all([
    readPivotMarker(returnStackName(stack)),
    readPivotMarker(stack),
    readPlan(stack, clusterName),
  ]);
  const known = {
    returned: returned !== undefined,
    pivoted: marker !== undefined,
    planned: plan !== undefined,
  };
  if (known.returned) {
    return { facts: { ...known, bootstrapAnswers: false, targetAnswers: undefined } };
  }
  if (known.pivoted) {
    const kubeconfig = await readManagementKubeconfig(stack);
    const target = kubeconfig && KubeClient.fromKubeconfig("target", kubeconfig, context.signal);
    const targetAnswers = target ? await answersSoon(context, target, patienceSeconds) : undefined;
    if (target) {
      await target.close();
    }
    return { facts: { ...known, bootstrapAnswers: false, targetAnswers }, targetKubeconfig: kubeconfig };
  }

  const source = KubeClient.fromKubeconfig("bootstrap", secret(context, "SOURCE_KUBECONFIG"), context.signal);
  try {
    if (!(await answersSoon(context, source, patienceSeconds))) {
      return { facts: { ...known, bootstrapAnswers: false, targetAnswers: undefined } };
    }
    const kubeconfig = await kubeconfigOfTarget(source, namespace, clusterName);
    const target = kubeconfig && KubeClient.fromKubeconfig("target", kubeconfig, context.signal);
    if (!target) {
      return { facts: { ...known, bootstrapAnswers: true, targetAnswers: undefined } };
    }
    try {
      const targetAnswers = await answersSoon(context, target, known.planned ? patienceSeconds : 5);
      const facts = { ...known, bootstrapAnswers: true, targetAnswers };
      if (!targetAnswers) {
        return { facts, targetKubeconfig: kubeconfig };
      }
      const [onSource, onTarget] = await Promise.all([
        readInventory(source, namespace, clusterName),
        readInventory(target, namespace, clusterName),
      ]);
      const { phase } = classify(
        sideOf(onSource),
        sideOf(onTarget),
        plan?.namespace === namespace ? keysUnderWay(plan) : undefined,
      );
      return { facts: { ...facts, phase }, targetKubeconfig: kubeconfig };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The kubeconfig that the control plane provider keeps for the cluster. */
async function kubeconfigOfTarget(
  source: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<string | undefined> {
  const value = text(
    await source.find({ ...types.secret, namespace, name: `${clusterName}-kubeconfig` }),
    "data",
    "value",
  );
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}
