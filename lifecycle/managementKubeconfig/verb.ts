import { managementKubeconfigInput, type ManagementKubeconfigResult } from "../inputs/managementKubeconfig";
import { answersSoon } from "../pivot/survey";
import { forgetRelease, returnStackName } from "../retire/journal";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import {
  forgetPivot,
  managementKubeconfigPath,
  readManagementKubeconfig,
  readPivotMarker,
  writeManagementKubeconfig,
} from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";

/** `management-kubeconfig`: writes the kubeconfig of the cluster that holds the objects, unless a pivot has replaced it. */
export const verb = defineVerb({
  input: managementKubeconfigInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run({ stack }, context): Promise<ManagementKubeconfigResult> {
    const path = managementKubeconfigPath(stack);
    if (await pivotHolds(context, stack)) {
      context.progress(`${path} names the target since the pivot; kept`);
      return { path, pointsTo: "target" };
    }
    // Whatever notes there are, they are of an earlier life of the stack.
    await Promise.all([forgetPivot(stack), forgetPivot(returnStackName(stack)), forgetRelease(stack)]);
    await writeManagementKubeconfig(stack, secret(context, "KUBECONFIG_CONTENT"));
    return { path, pointsTo: "initial" };
  },
});

/**
 * Whether the file names a target that owns its objects. A mark alone is not enough when the resource is created: it may be
 * of an earlier life of the stack, whose target is gone.
 */
async function pivotHolds(context: Context, stack: string): Promise<boolean> {
  const marker = await readPivotMarker(stack);
  const kubeconfig = await readManagementKubeconfig(stack);
  if (!marker || kubeconfig === undefined) {
    return false;
  }
  if (context.previousResult) {
    return true;
  }
  const target = KubeClient.fromKubeconfig("cluster of the last pivot", kubeconfig, context.signal);
  try {
    const clusters = (await answersSoon(context, target, 5)) ? await target.list(types.cluster) : [];
    return clusters.some(({ metadata }) => metadata.name === marker.clusterName);
  } finally {
    await target.close();
  }
}
