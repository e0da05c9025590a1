import type { WhereaboutsSettings } from "../inputs/retire";
import { readInventory } from "../inventory/read";
import { missing } from "../pivot/classify";
import { keysUnderWay } from "../pivot/plan";
import { identify } from "../pivot/survey";
import { LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";

/**
 * A bootstrap cluster that this checkout has not built may be the one to which another checkout was moving the objects back. It is
 * removed only when the cluster itself has all of them.
 */
export async function requireComplete(
  target: KubeClient,
  { namespace, clusterName, bootstrap }: WhereaboutsSettings["config"],
): Promise<void> {
  const [{ uid, plan }, { keys }] = await Promise.all([
    identify(target, { namespace, clusterName }),
    readInventory(target, namespace, clusterName),
  ]);
  const begun = plan?.ends?.source === uid ? keysUnderWay(plan) : undefined;
  const lost = missing(begun ?? new Set(), keys);
  if (lost.length > 0 || keys.size === 0) {
    throw new LifecycleFailure(
      `the kind cluster ${bootstrap.name} may hold objects that another checkout has moved back`,
      {
        evidence:
          keys.size === 0
            ? ["the cluster itself holds no objects any more"]
            : lost.map((key) => `not on the cluster itself any more: ${key}`),
        remedy: `nothing was touched; run \`pulumi destroy\` where the move back was begun${begun ? `, at ${plan?.movingSince}` : ""}`,
      },
    );
  }
}
