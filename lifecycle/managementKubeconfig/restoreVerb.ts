import { pivotInput } from "../inputs/pivot";
import { secret } from "../shared/context";
import {
  managementKubeconfigPath,
  readManagementKubeconfig,
  readPivotMarker,
  switchToTarget,
} from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";

/**
 * `restore-access`: gives a checkout that has never brought the stack up what a verified pivot leaves behind: the management
 * kubeconfig and its mark. It is the pivot's end on `pulumi destroy`, before the machines are released.
 */
export const verb = defineVerb({
  input: pivotInput,
  secrets: ["TARGET_KUBECONFIG"],
  async run({ stack, clusterName }, context): Promise<{ restored: boolean }> {
    if ((await readPivotMarker(stack)) && (await readManagementKubeconfig(stack)) !== undefined) {
      return { restored: false };
    }
    await switchToTarget(stack, secret(context, "TARGET_KUBECONFIG"), {
      clusterName,
      pivotedAt: new Date().toISOString(),
    });
    context.progress(`${managementKubeconfigPath(stack)} names the target again`);
    return { restored: true };
  },
});
