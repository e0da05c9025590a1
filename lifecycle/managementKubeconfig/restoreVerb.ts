import { pivotInput } from "../inputs/pivot";
import { secret } from "../shared/context";
import { managementKubeconfigPath, restoreAccess } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";

/**
 * `restore-access`: the pivot's end on `pulumi destroy`, before the machines are released. A checkout that has never brought
 * the stack up learns there how to reach the target.
 */
export const verb = defineVerb({
  input: pivotInput,
  secrets: ["TARGET_KUBECONFIG"],
  async run({ stack, clusterName }, context): Promise<{ restored: boolean }> {
    const restored = await restoreAccess(stack, clusterName, secret(context, "TARGET_KUBECONFIG"));
    if (restored) {
      context.progress(`${managementKubeconfigPath(stack)} names the target again`);
    }
    return { restored };
  },
});
